"""What one call did with its time: waited, wrote, paused; and what is expected of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from playground.live.calls import CallView
from playground.live.figures import RunView
from playground.live.seats import DraftView
from playground.web.formats import seconds

Kind = Literal["waited", "wrote", "pause", "due"]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of time in ms since the run's start; without an end it goes on."""

    kind: Kind
    start: int
    end: int | None


def spans_of(view: RunView, draft: DraftView, call: CallView) -> Iterator[Span]:
    """The pieces of a call, in order; the pause before its next call among them."""
    yield Span("waited", call.opened_ms, _until(call.first_ms, call.ended_ms))
    if call.first_ms is not None:
        yield Span("wrote", call.first_ms, _until(None, call.ended_ms))
    if call.ended_ms is not None:
        pause = _paused_until(view, draft, call)
        if pause is not None and pause > call.ended_ms:
            yield Span("pause", call.ended_ms, pause)
    elif draft.pace is not None and call.is_open:
        yield Span("due", call.opened_ms, call.opened_ms + draft.pace.took_ms)


def waiting_spans(view: RunView, draft: DraftView) -> Iterator[Span]:
    """Of a draft without a call: how long it waits for its turn, or when it is due."""
    layer = view.layers[draft.layer - 1]
    if layer.state == "open":
        yield Span("pause", layer.opened_ms or 0, None)
    due = expected_start(view, draft)
    pace = view.usual.pace(draft.key, draft.slot.model)
    if due is not None and pace is not None:
        yield Span("due", due, due + pace.took_ms)


def expected_start(view: RunView, draft: DraftView) -> int | None:
    """When its first call goes out, if the layers before it take what is usual."""
    layer = view.layers[draft.layer - 1]
    if layer.opened_ms is not None:
        return max(layer.opened_ms, view.elapsed_ms)
    if view.is_undecided or layer.is_passed_by:
        return None
    at = 0
    for earlier in view.way[: view.way.index(layer)]:
        usual = view.usual.layers.get(earlier.index)
        if earlier.closed_ms is not None:
            at = earlier.closed_ms
        elif usual is None:
            return None
        else:
            at = max((earlier.opened_ms or at) + usual, view.elapsed_ms)
    return at


def spoken(call: CallView, now: int) -> str:
    """The call's time in a sentence, for those who do not see the bars."""
    end = now if call.ended_ms is None else call.ended_ms
    first = end if call.first_ms is None else call.first_ms
    waited = f"Waited {seconds(first - call.opened_ms)}"
    if call.first_ms is None:
        return f"{waited}, {'no word yet' if call.is_open else 'wrote nothing'}"
    return f"{waited}, wrote from {seconds(first)} to {seconds(end)}"


def _until(first: int | None, ended: int | None) -> int | None:
    return ended if first is None else first


def _paused_until(view: RunView, draft: DraftView, call: CallView) -> int | None:
    """The next call of the draft, or when it is to be made."""
    place = draft.calls.index(call)
    if place + 1 < len(draft.calls):
        return draft.calls[place + 1].opened_ms
    return call.retry_at if view.is_open and not draft.is_over else None
