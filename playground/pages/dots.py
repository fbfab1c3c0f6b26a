"""A run's mark in a line of text: a column of dots for each layer, one dot a draft."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from playground.runs.states import DraftStatus

HEIGHT = 18
_STEP_X = 8.0
_STEP_Y = 4.0
_MARGIN = 3.0
_KINDS = {
    DraftStatus.DONE: "done",
    DraftStatus.WRITING: "now",
    DraftStatus.WAITING: "due",
}


@dataclass(frozen=True, slots=True)
class Dot:
    """A draft: done (filled), now (a ring), due (faint) or out (a stroke)."""

    x: float
    y: float
    kind: str


@dataclass(frozen=True, slots=True)
class Mark:
    """All drafts of a run, layer by layer."""

    width: float
    dots: tuple[Dot, ...]

    @property
    def height(self) -> int:
        """As high as a line of text."""
        return HEIGHT


def mark_of(drafts: Iterable[tuple[int, str]]) -> Mark:
    """The mark of drafts given as (layer, status), in reading order."""
    layers: dict[int, list[str]] = {}
    for layer, status in drafts:
        layers.setdefault(layer, []).append(status)
    dots = [
        dot
        for place, layer in enumerate(layers.values())
        for dot in _column(place, layer)
    ]
    return Mark(2 * _MARGIN + _STEP_X * max(0, len(layers) - 1), tuple(dots))


def _column(place: int, statuses: list[str]) -> Iterable[Dot]:
    step = min(_STEP_Y, (HEIGHT - 2.0) / max(1, len(statuses)))
    top = HEIGHT / 2 - step * (len(statuses) - 1) / 2
    for row, status in enumerate(statuses):
        kind = _KINDS.get(DraftStatus(status), "out")
        yield Dot(_MARGIN + place * _STEP_X, round(top + row * step, 2), kind)
