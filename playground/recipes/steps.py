"""The steps of an edit: a document, those before it and those undone after it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TypedDict

MOST_STEPS = 100
# Of all documents that are kept for undoing, so that no edit grows without end.
MOST_BYTES = 4_194_304


class Step(TypedDict):
    """A document beside the one at hand, what leads from one to the other, and where."""

    document: dict[str, Any]
    what: str
    at: str


@dataclass(frozen=True, slots=True)
class Steps:
    """A document with its past, oldest first, and its future, nearest last."""

    document: dict[str, Any]
    past: tuple[Step, ...] = ()
    future: tuple[Step, ...] = ()

    @property
    def last(self) -> str:
        """What undoing would take back."""
        return self.past[-1]["what"] if self.past else ""

    @property
    def next(self) -> str:
        """What redoing would do again."""
        return self.future[-1]["what"] if self.future else ""


def step(
    steps: Steps, document: dict[str, Any], *, what: str, at: str, joins: bool = False
) -> Steps:
    """One step on. `joins` makes it one with the step before, when that did the same."""
    if document == steps.document and _spelled(document) == _spelled(steps.document):
        return steps
    if joins and steps.past and steps.last == what and not steps.future:
        return Steps(document, steps.past)
    came: Step = {"document": steps.document, "what": what, "at": at}
    return Steps(document, _capped((*steps.past, came)))


def back(steps: Steps) -> tuple[Steps, str]:
    """One step back, and where it had been taken; the same steps at the beginning."""
    if not steps.past:
        return steps, ""
    *past, last = steps.past
    undone: Step = {**last, "document": steps.document}
    return Steps(last["document"], tuple(past), (*steps.future, undone)), last["at"]


def forth(steps: Steps) -> tuple[Steps, str]:
    """One undone step again, and where it had been taken."""
    if not steps.future:
        return steps, ""
    *future, after = steps.future
    redone: Step = {**after, "document": steps.document}
    return (
        Steps(after["document"], (*steps.past, redone), tuple(future)),
        after["at"],
    )


def _capped(past: tuple[Step, ...]) -> tuple[Step, ...]:
    kept = past[-MOST_STEPS:]
    sizes = [len(_spelled(each["document"])) for each in kept]
    while sum(sizes) > MOST_BYTES:
        kept, sizes = kept[1:], sizes[1:]
    return kept


def _spelled(document: dict[str, Any]) -> str:
    # `==` takes 1, 1.0 and True for the same; a document does not.
    return json.dumps(document, ensure_ascii=False)
