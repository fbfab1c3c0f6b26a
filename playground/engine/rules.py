"""The machine's rules: which row follows from where a run stands. Writes nothing."""

from __future__ import annotations

from playground.engine.branches import LEFT_OUT
from playground.engine.ceilings import is_last
from playground.engine.closings import close_layer, is_decided_early
from playground.engine.desk import Desk
from playground.engine.endings import cause_of, run_ended
from playground.engine.errors import TimedOut
from playground.engine.events import (
    CallEnded,
    CallStatus,
    ClosedBy,
    DraftDone,
    DraftFailed,
    DraftGiven,
    DraftSkipped,
    DraftStopped,
    Fault,
    Heard,
    LayerClosed,
    LayerOpened,
    RetryAsked,
    Row,
    StopAsked,
)
from playground.engine.state import DraftState, LayerState, RunState


def next_row(state: RunState, desk: Desk, *, now: int, heard: Heard) -> Row | None:
    """The next row, or None when everything waits for an event."""
    if state.ended or not (state.started or state.called_off):
        return None
    for n in state.orphans:
        return _call_cut_off(state, desk, n, now=now, heard=heard, status="lost")
    current = state.current
    if current is None:
        return _finish(state, now=now) if state.called_off else _open(state, now=now)
    if current.closed is None:
        return _as_asked(state, desk, current, now=now, heard=heard) or _in_open_layer(
            state, desk, current, now=now
        )
    return _after(state, desk, current, current.closed, now=now, heard=heard)


def stop_asked(state: RunState, key: str, *, at: int) -> StopAsked | None:
    """The row of a person's wish to stop a draft; None when there is nothing to stop."""
    draft = _open_draft(state, key)
    if draft is None or draft.end is not None or draft.stopping:
        return None
    return StopAsked(key, at)


def retry_asked(
    state: RunState, key: str, alias: str | None, *, at: int
) -> RetryAsked | None:
    """The row of a person's wish for another try; None where the layer is not open."""
    draft = _open_draft(state, key)
    if draft is None:
        return None
    kept = draft.kept or draft if draft.has_text else None
    return RetryAsked(
        key,
        at,
        alias,
        text=kept.text if kept else "",
        reasoning=kept.reasoning if kept else "",
    )


def unbegun(draft: DraftState) -> DraftGiven | DraftSkipped:
    """How a draft ends that nobody is to write, or that nobody began to."""
    given = draft.given
    if given is None:
        return DraftSkipped(draft.name, LEFT_OUT if draft.left_out else "")
    return DraftGiven(draft.name, given.alias, given.text, given.reasoning)


def timers(state: RunState) -> list[int]:
    """Every time at which something may follow without an event."""
    current = state.current
    if state.ended or current is None or current.closed:
        return []
    times = [current.due_at]
    times += [draft.not_before for draft in current.drafts if draft.end is None]
    if current.grace_until is not None:
        times.append(current.grace_until)
    deadline = deadline_of(state)
    return times if deadline is None else [*times, deadline]


def deadline_of(state: RunState) -> int | None:
    """When the run's own time is over, in ms since its start."""
    seconds = state.plan.limits.deadline_s
    return None if seconds is None else round(seconds * 1000)


def _open(state: RunState, *, now: int) -> LayerOpened:
    layer = state.plan.layers[len(state.layers)]
    before = {"none": [], "previous": state.layers[-1:], "all": state.layers}
    passed = (
        key
        for source in before[layer.sees]
        for key in (source.closed.passed_on if source.closed else ())
    )
    # An aggregate's last resort may pass on again what an earlier layer did.
    return LayerOpened(layer=layer.index, at=now, inputs=tuple(dict.fromkeys(passed)))


def _open_draft(state: RunState, key: str) -> DraftState | None:
    """The draft, if it is one that the open layer writes."""
    current = state.current
    if current is None or current.closed is not None or state.ended:
        return None
    for draft in current.drafts:
        if draft.name == key and draft.given is None and not draft.left_out:
            return draft
    return None


def _as_asked(
    state: RunState, desk: Desk, current: LayerState, *, now: int, heard: Heard
) -> Row | None:
    """What people decided: who is not to write at all, and who not to go on."""
    for draft in current.drafts:
        if draft.unwanted and draft.call is not None:
            return _call_cut_off(
                state, desk, draft.call, now=now, heard=heard, status="cancelled"
            )
        if draft.end is None and (draft.given or draft.left_out):
            return unbegun(draft)
        if draft.end is None and draft.stopping:
            return _ended_without(draft, DraftStopped(draft.name))
    return None


def _in_open_layer(
    state: RunState, desk: Desk, current: LayerState, *, now: int
) -> Row | None:
    for draft in current.drafts:
        if draft.end is None and draft.call is None and draft.next_alias is None:
            return _ended_without(draft, DraftFailed(draft.name, cause_of(draft)))
    closed_by = _why_closed(state, current, now=now)
    if closed_by is not None:
        return close_layer(state, current, closed_by, now=now)
    return _send(state, desk, current, now=now)


def _why_closed(state: RunState, current: LayerState, *, now: int) -> ClosedBy | None:
    ends = [draft.end for draft in current.drafts]
    deadline, grace = deadline_of(state), current.grace_until
    if current.layer.on_fail == "abort" and "failed" in ends:
        return "abort"
    if None not in ends and not current.writing:
        return "all"
    if deadline is not None and now >= deadline:
        return "deadline"
    # What a person waits for, the layer waits for, too.
    awaited = any(draft.wanted and draft.end is None for draft in current.drafts)
    if grace is not None and grace <= min(now, current.due_at) and not awaited:
        return "quorum"
    if not awaited and is_decided_early(state, current):
        return "quorum"
    return "timeout" if now >= current.due_at else None


def _send(state: RunState, desk: Desk, current: LayerState, *, now: int) -> Row | None:
    places = current.layer.max_parallel
    if places is not None and current.writing >= places:
        return None
    for draft in sorted(current.drafts, key=_turn):
        alias = draft.next_alias
        waits = draft.end is None and draft.call is None and draft.not_before <= now
        if waits and alias is not None:
            made_out = desk.make_out(state, draft, alias, at=now)
            if isinstance(made_out, DraftFailed):
                return _ended_without(draft, made_out)
            return made_out
    return None


def _turn(draft: DraftState) -> tuple[bool, bool]:
    """Sorts first what had a place already (a lost call), then what a person asked for."""
    return draft.last != "lost", not draft.wanted


def _ended_without(draft: DraftState, row: Row) -> Row:
    """What ends a draft that was not written: what it had before stands, if it had."""
    kept = draft.kept
    if kept is None:
        return row
    return DraftDone(draft.name, kept.n, kept.alias, kept.text, kept.reasoning)


def _after(
    state: RunState,
    desk: Desk,
    current: LayerState,
    closed: LayerClosed,
    *,
    now: int,
    heard: Heard,
) -> Row:
    for n in state.calls:
        status: CallStatus = "failed" if closed.closed_by == "timeout" else "cancelled"
        return _call_cut_off(state, desk, n, now=now, heard=heard, status=status)
    for draft in current.drafts:
        if draft.end is None:
            return _ended_without(draft, _left_behind(draft, current, closed))
    if closed.passed_on and not is_last(state.plan, current.layer):
        return _open(state, now=now)
    return _finish(state, now=now)


def _left_behind(draft: DraftState, current: LayerState, closed: LayerClosed) -> Row:
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


def _finish(state: RunState, *, now: int) -> Row:
    for draft in state.drafts.values():
        if draft.end is None:
            return unbegun(draft)
    return run_ended(state, at=now)


def _call_cut_off(
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
        fault = Fault.of(TimedOut(late))
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
