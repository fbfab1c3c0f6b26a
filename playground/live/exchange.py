"""One call in full: what was sent, with the references in it marked, and what came."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from playground.engine.events import SendCall
from playground.engine.lessons import SYSTEM, Lesson
from playground.engine.messages import Message
from playground.live.calls import CallView
from playground.live.chips import Shown
from playground.live.figures import RunView
from playground.live.seats import DraftView
from playground.runs.models import Call

# As the engine lays them; its mark is in no reference, so none can end another's early.
_FENCE = re.compile(
    r"\[reference (?P<place>\d+), (?P<mark>[0-9a-f]{10})\]\n.*?"
    r"\n\[end of reference (?P=place), (?P=mark)\]",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a message; of a reference where `source` is set."""

    text: str
    source: Shown | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A message as it was sent."""

    role: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call of the draft; `text` is what it wrote if that did not become the draft."""

    call: CallView
    text: str
    is_this: bool


def turns_of(messages: Sequence[Message], read: Sequence[Shown]) -> list[Turn]:
    """The messages with their references marked; `read` is in the order shown."""
    mark = _mark_of(messages, len(read))
    return [
        Turn(message.role, tuple(_pieces(message.content, mark, read)))
        for message in messages
    ]


def params_of(order: SendCall) -> list[tuple[str, object]]:
    """The parameters that were sent, by name, and what of them the model does not take."""
    sent = asdict(order.params)
    extra = sent.pop("extra")
    known = {name: value for name, value in sent.items() if value not in (None, ())}
    params = known | dict(sorted(extra.items()))
    for lesson in order.lessons:
        params |= _departure(lesson, params.get(lesson.field))
    return list(params.items())


def _departure(lesson: Lesson, asked: object) -> dict[str, object]:
    if lesson.field == SYSTEM:
        return {"system text": str(lesson).removeprefix("system text ")}
    wanted = "" if asked is None else f" (asked for: {asked})"
    if lesson.instead:
        return {lesson.field: f"{asked}, sent as {lesson.instead}"}
    return {lesson.field: f"left out: this model does not take it{wanted}"}


def attempts_of(
    view: RunView, draft: DraftView, stored: Sequence[Call], n: int
) -> list[Attempt]:
    """All calls of the draft, in order; what was lost or failed with its own text."""
    texts = {call.n: call.text for call in stored}
    return [
        Attempt(call, _text_of(view, call, texts), is_this=call.n == n)
        for call in draft.calls
    ]


def _text_of(view: RunView, call: CallView, texts: dict[int, str]) -> str:
    draft = view.drafts[call.key]
    if call.status == "done" and draft.call_n == call.n:
        return ""
    kept = draft.text if draft.call_n == call.n and call.status != "done" else ""
    return texts.get(call.n) or kept


def _mark_of(messages: Sequence[Message], expected: int) -> str:
    """The mark that fences as many references as were laid; others wrote theirs in vain."""
    found: dict[str, list[int]] = {}
    for message in messages:
        for fence in _FENCE.finditer(message.content):
            found.setdefault(fence["mark"], []).append(int(fence["place"]))
    wanted = list(range(1, expected + 1))
    return next((mark for mark, places in found.items() if places == wanted), "")


def _pieces(content: str, mark: str, read: Sequence[Shown]) -> Iterator[Piece]:
    at = 0
    for fence in _FENCE.finditer(content):
        if not mark or fence["mark"] != mark:
            continue
        if fence.start() > at:
            yield Piece(content[at : fence.start()])
        yield Piece(fence[0], read[int(fence["place"]) - 1])
        at = fence.end()
    if at < len(content) or not content:
        yield Piece(content[at:])
