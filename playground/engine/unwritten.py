"""How drafts and calls end that nobody goes on writing."""

from __future__ import annotations

from playground.engine.branches import LEFT_OUT
from playground.engine.desk import Desk
from playground.engine.endings import cause_of
from playground.engine.errors import LayerTimedOut
from playground.engine.events import (
    CallEnded,
    CallStatus,
    DraftDone,
    DraftFailed,
    DraftGiven,
    DraftSkipped,
    DraftStopped,
    Fault,
    Heard,
    LayerClosed,
    Row,
)
from playground.engine.state import DraftState, LayerState, RunState


def unbegun(draft: DraftState, *, cause: str = "") -> DraftGiven | DraftSkipped:
    """How a draft ends that nobody is to write, or that nobody began to."""
    given = draft.given
    if given is None:
        return DraftSkipped(draft.name, LEFT_OUT if draft.left_out else cause)
    said = given.text, given.reasoning
    return DraftGiven(draft.name, given.alias, *said, margin=given.margin)


def ended_without(draft: DraftState, row: Row) -> Row:
    """What ends a draft that was not written: what it had before stands, if it had.

    The reply of a judge that cannot be read stands as such: nothing takes its place.
    """
    kept = draft.kept
    if kept is not None:
        stood = kept.text, kept.reasoning, kept.unread, kept.cause, kept.margin
        return DraftDone(draft.name, kept.n, kept.alias, *stood)
    if draft.replies and isinstance(row, DraftFailed):
        last = draft.replies[-1]
        said = last.text, last.reasoning, last.reason, row.cause
        return DraftDone(draft.name, last.n, last.alias, *said)
    return row


def left_behind(draft: DraftState, current: LayerState, closed: LayerClosed) -> Row:
    if draft.given or draft.left_out:
        return unbegun(draft)
    if closed.closed_by == "timeout":
        earlier = cause_of(draft)
        late = f"not written within the layer's {current.layer.timeout_s:g} s"
        return DraftFailed(draft.name, earlier or late)
    # Its call was open until the layer closed: it ended just before this row.
    cut_off = draft.stopping or draft.last in ("cancelled", "lost")
    if closed.closed_by == "quorum" or cut_off:
        return DraftStopped(draft.name)
    return DraftSkipped(draft.name)


def call_cut_off(
    state: RunState,
    desk: Desk,
    n: int,
    *,
    now: int,
    heard: Heard,
    status: CallStatus,
) -> CallEnded:
    call = state.calls[n]
    unsent = n in heard.unsent
    usage = None if unsent else desk.estimate(state, call, heard.received.get(n))
    layer = state.layers[-1].layer
    fault = None
    if status == "failed":
        late = f"not done within the layer's {layer.timeout_s:g} s"
        fault = Fault.of(LayerTimedOut(late))
    return CallEnded(
        n=n,
        key=call.key,
        status=status,
        at=now,
        error=fault,
        usage=usage,
        cost_nanos=desk.cost(call, usage),
        first_token_ms=heard.first_token_ms.get(n),
    )
