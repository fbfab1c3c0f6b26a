"""The waterfall: a row for each call on one axis of time, as SVG attributes."""

from __future__ import annotations

from dataclasses import dataclass

from playground.live.calls import CallView
from playground.live.figures import RunView
from playground.live.seats import DraftView
from playground.web.formats import seconds

_STEPS_MS = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000)
_TICKS = 5


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis."""

    x: str
    word: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Row:
    """One call. Positions are percentages, written as SVG wants them."""

    call: CallView
    draft: DraftView
    span: int
    x: str
    waited: str
    wrote_x: str
    wrote: str
    spoken: str
    order: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """All rows and the axis above them."""

    ticks: list[Tick]
    rows: list[Row]


def timeline_of(view: RunView) -> Timeline:
    """The waterfall of a run as far as it has come."""
    end = max(view.elapsed_ms, *(_end(view, call) for call in view.calls.values()), 1)
    step = next((step for step in _STEPS_MS if end <= step * _TICKS), 0)
    step = step or -(-end // (_TICKS * 60_000)) * 60_000
    scale = step * -(-end // step)
    rows: list[Row] = []
    for layer in view.layers:
        rows += _rows(view, [d for d in layer.drafts if d.calls], scale)
    return Timeline(_ticks(step, scale), rows)


def _rows(view: RunView, drafts: list[DraftView], scale: int) -> list[Row]:
    total = sum(len(draft.calls) for draft in drafts)
    pairs = [
        (draft, call, order)
        for draft in drafts
        for order, call in enumerate(draft.calls, start=1)
    ]
    return [
        _row(view, draft, call, scale=scale, order=order, span=0 if place else total)
        for place, (draft, call, order) in enumerate(pairs)
    ]


def _row(
    view: RunView,
    draft: DraftView,
    call: CallView,
    *,
    scale: int,
    order: int,
    span: int,
) -> Row:
    end = _end(view, call)
    first = end if call.first_ms is None else min(call.first_ms, end)
    return Row(
        call=call,
        draft=draft,
        span=span,
        x=_percent(call.opened_ms, scale),
        waited=_percent(first - call.opened_ms, scale),
        wrote_x=_percent(first, scale),
        wrote=_percent(end - first, scale),
        spoken=_spoken(call, first, end),
        order=order,
    )


def _spoken(call: CallView, first: int, end: int) -> str:
    waited = f"Waited {seconds(first - call.opened_ms)}"
    if call.first_ms is None:
        return f"{waited}, wrote nothing"
    return f"{waited}, wrote from {seconds(first)} to {seconds(end)}"


def _end(view: RunView, call: CallView) -> int:
    if call.ended_ms is not None:
        return max(call.ended_ms, call.opened_ms)
    return max(view.elapsed_ms, call.opened_ms)


def _ticks(step: int, scale: int) -> list[Tick]:
    marks = range(0, scale + 1, step)
    return [
        Tick(
            x=_percent(at, scale),
            word=_tick_word(at, step),
            anchor="start" if at == 0 else "end" if at == scale else "middle",
        )
        for at in marks
    ]


def _tick_word(at: int, step: int) -> str:
    if step >= 60_000:
        return f"{at // 60_000} min"
    places = 1 if step < 1000 else 0
    return f"{at / 1000:.{places}f} s"


def _percent(part: float, whole: int) -> str:
    return f"{100 * part / whole:.2f}%"
