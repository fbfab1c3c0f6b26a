"""What of a run's feed is its answer, as far as that can be known while it is written."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from playground.engine.plan import Plan
from playground.engine.routes import Side
from playground.engine.ways import ways, ways_of


class Replaced(Exception):
    """Text went out that is not of the call that answered in the end."""


def answering_key(plan: Plan) -> str | None:
    """The draft that is the answer unless it fails; None when only the end can tell."""
    keys = {_last_key(way) for way in ways(plan)}
    return keys.pop() if len(keys) == 1 else None


def answer_reader(plan: Plan) -> AnswerReader:
    """What lets the answer of such a run out as it is written."""
    branches = {side: _last_key(way) for side, way in ways_of(plan).items() if side}
    return AnswerReader(answering_key(plan), branches)


def _last_key(way: Plan) -> str | None:
    planned = way.planned_answer()
    return None if planned is None else str(planned)


class AnswerReader:
    """Follows one draft and lets out the text of one call only.

    `branches` are the drafts that answer on either branch of a route: which of them it
    is, the route says.
    Blank text is held back until a word follows: a call that breaks before has said
    nothing, and the next may speak in its place.
    """

    def __init__(
        self,
        key: str | None,
        branches: Mapping[Side, str | None] = MappingProxyType({}),
    ) -> None:
        self._key = key
        self._branches = branches
        self._n = 0
        self._text = ""
        self._let_out = 0

    @property
    def sent(self) -> str:
        """What has been let out so far."""
        return self._text[: self._let_out]

    def hear(self, body: dict[str, Any]) -> str:
        """The text to pass on after one feed entry; usually none."""
        if "routing" in body:
            self._key = self._branches.get(body["routing"]["side"])
        for key, n, offset, text in body.get("x", ()):
            if key == self._key:
                self._take(n, offset=offset, text=text)
        if not self._text.strip():
            return ""
        fresh = self._text[self._let_out :]
        self._let_out = len(self._text)
        return fresh

    def rest(self, *, key: str, n: int, text: str) -> str:
        """What is still to be passed on of the final answer, which call `n` wrote.

        Raises Replaced when something else has gone out.
        """
        sent = self.sent
        if not sent:
            return text
        is_same_call = key == self._key and n == self._n
        if is_same_call and text.startswith(sent):
            return text[len(sent) :]
        # A machine may trim the end of what was written; nothing is missing then.
        if is_same_call and sent.rstrip().endswith(text.strip()):
            return ""
        raise Replaced

    def _take(self, n: int, *, offset: int, text: str) -> None:
        if n > self._n and not self._let_out:
            self._n, self._text = n, ""
        if n != self._n:
            return
        have = len(self._text.encode("utf-16-le", "surrogatepass")) // 2
        # A hole cannot be filled from here; `rest` makes up for it at the end.
        if offset <= have:
            units = text.encode("utf-16-le", "surrogatepass")[2 * (have - offset) :]
            self._text += units.decode("utf-16-le", "replace")
