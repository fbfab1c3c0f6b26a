"""The waterfall: a row for each call on one axis of time, as SVG attributes.

Every bar also carries its milliseconds, so that the page can go on drawing by itself
while calls are open, and stretch the axis when a run takes longer than was thought.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from playground.live.calls import CallView
from playground.live.critical import Critical, critical_of
from playground.live.figures import RunView
from playground.live.seats import DraftView
from playground.live.spans import Kind, Span, spans_of, spoken, waiting_spans
from playground.live.sums import CallSum, judged_with, sum_of
from playground.web.formats import seconds

# The axis has five parts, each a round number of ms.
_PARTS = 5
_TENTHS = (1, 2, 3, 4, 5, 6, 8)
_SECONDS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 40, 60)
_STEPS_MS = (*(100 * each for each in _TENTHS), *(1_000 * each for each in _SECONDS))


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of time, as SVG wants it; `end` is empty while it goes on."""

    kind: Kind
    start: int
    end: int | str
    x: str
    width: str
    till: str


@dataclass(frozen=True, slots=True)
class Row:
    """One call, a draft that has none yet, or the `sum` of a judge's many."""

    call: CallView | None
    bars: tuple[Bar, ...]
    spoken: str
    sum: CallSum | None = None
    order: int = 1
    pause: str = ""
    pause_end: int = 0
    pause_x: str = ""
    pause_late: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """The rows of one draft."""

    draft: DraftView
    rows: tuple[Row, ...]
    is_first: bool
    is_critical: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis."""

    x: str
    word: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """All lanes and the axis above them."""

    scale: int
    now: int
    now_x: str
    ticks: tuple[Tick, ...]
    lanes: tuple[Lane, ...]
    critical: Critical


def timeline_of(view: RunView) -> Timeline:
    """The waterfall of a run as far as it has come, and as it is expected to go on."""
    scale, critical = scale_of(view), critical_of(view)
    return Timeline(
        scale=scale,
        now=view.elapsed_ms,
        now_x=_percent(view.elapsed_ms, scale),
        ticks=tuple(_ticks(scale)),
        lanes=tuple(
            lane_of(view, draft, scale=scale, critical=critical)
            for draft in view.drafts.values()
            if _has_lane(view, draft)
        ),
        critical=critical,
    )


def scale_of(view: RunView) -> int:
    """The length of the axis in ms: five round steps."""
    spans = (span for draft in view.drafts.values() for span in _spans(view, draft))
    ends = (span.start if span.end is None else span.end for span in spans)
    longest = max(view.elapsed_ms, 1, *ends)
    step = next((step for step in _STEPS_MS if longest <= step * _PARTS), 0)
    return (step or -(-longest // (_PARTS * 60_000)) * 60_000) * _PARTS


def lane_of(
    view: RunView,
    draft: DraftView,
    *,
    scale: int,
    critical: Critical = Critical(),  # noqa: B008 - a frozen value
) -> Lane:
    """One draft's rows; all judgements of one judge share a row."""
    drafts = judged_with(view, draft)
    is_sum = draft.is_judgement
    return Lane(
        draft=drafts[0],
        rows=(_sum_row(view, drafts, scale),)
        if is_sum
        else tuple(_rows(view, draft, scale)),
        is_first=drafts[0] is view.layers[draft.layer - 1].drafts[0],
        is_critical=any(each.key in critical.keys for each in drafts),
    )


def _has_lane(view: RunView, draft: DraftView) -> bool:
    drafts = judged_with(view, draft)
    goes_on = view.is_open and not all(each.is_over for each in drafts)
    return draft is drafts[0] and (goes_on or any(each.calls for each in drafts))


def _sum_row(view: RunView, drafts: Sequence[DraftView], scale: int) -> Row:
    now = view.elapsed_ms
    spans = [
        span
        for draft in drafts
        for call in draft.calls
        for span in spans_of(view, draft, call)
        if span.kind != "due"
    ]
    summed = sum_of(drafts)
    if summed is None:
        return Row(
            None, tuple(_bars(waiting_spans(view, drafts[0]), now, scale)), "Not begun"
        )
    return Row(None, tuple(_bars(spans, now, scale)), summed.spoken, summed)


def _spans(view: RunView, draft: DraftView) -> Iterator[Span]:
    for call in draft.calls:
        yield from spans_of(view, draft, call)
    if view.is_open and not draft.calls and not draft.is_over:
        yield from waiting_spans(view, draft)


def _rows(view: RunView, draft: DraftView, scale: int) -> Iterator[Row]:
    now = view.elapsed_ms
    for order, call in enumerate(draft.calls, start=1):
        spans = list(spans_of(view, draft, call))
        pause = next((span for span in spans if span.kind == "pause"), None)
        paused = (pause.end or now) if pause else 0
        yield Row(
            call=call,
            bars=tuple(_bars(spans, now, scale)),
            spoken=spoken(call, now),
            order=order,
            pause=_pause_words(call, pause),
            pause_end=paused,
            pause_x=_percent(paused, scale),
            pause_late=paused > scale / 2,
        )
    if not draft.calls:
        bars = tuple(_bars(waiting_spans(view, draft), now, scale))
        yield Row(call=None, bars=bars, spoken="Not begun")


def _pause_words(call: CallView, pause: Span | None) -> str:
    if pause is None or pause.end is None:
        return ""
    return f"{call.outcome}, waits {seconds(pause.end - pause.start)}".lstrip(", ")


def _bars(spans: Iterable[Span], now: int, scale: int) -> Iterator[Bar]:
    for span in spans:
        end = max(now, span.start) if span.end is None else max(span.end, span.start)
        yield Bar(
            kind=span.kind,
            start=span.start,
            end="" if span.end is None else span.end,
            x=_percent(span.start, scale),
            width=_percent(end - span.start, scale),
            till=_percent(end, scale),
        )


def _ticks(scale: int) -> Iterator[Tick]:
    step = scale // _PARTS
    for part in range(_PARTS + 1):
        yield Tick(
            x=_percent(part, _PARTS),
            word=_tick_word(part * step, step),
            anchor="start" if part == 0 else "end" if part == _PARTS else "middle",
        )


def _tick_word(at: int, step: int) -> str:
    if step >= 60_000:
        return f"{at // 60_000} min"
    return f"{at / 1000:.{1 if step < 1000 else 0}f} s"


def _percent(part: float, whole: int) -> str:
    return f"{100 * part / whole:.2f}%"
