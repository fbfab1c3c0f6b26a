"""The machine's rules: which row follows from where a run stands. Writes nothing."""

from __future__ import annotations

from dataclasses import replace

from playground.engine.ceilings import is_last
from playground.engine.chains import NOTHING_NEW
from playground.engine.closings import close_layer, is_decided_early
from playground.engine.contests import is_past
from playground.engine.desk import Desk
from playground.engine.endings import cause_of, run_ended
from playground.engine.events import (
    CallStatus,
    ClosedBy,
    DraftFailed,
    DraftGiven,
    DraftSkipped,
    DraftStopped,
    Heard,
    LayerClosed,
    LayerOpened,
    RetryAsked,
    Row,
    StopAsked,
)
from playground.engine.picks import NOT_NEEDED
from playground.engine.refining import (
    has_nothing_new,
    is_read,
    next_of_chains,
    spare_samples,
    was_cut_short,
)
from playground.engine.routes import NOT_TAKEN
from playground.engine.sending import not_needed
from playground.engine.state import DraftState, LayerState, RunState
from playground.engine.unwritten import (
    call_cut_off,
    ended_without,
    left_behind,
    unbegun,
)


def next_row(state: RunState, desk: Desk, *, now: int, heard: Heard) -> Row | None:
    """The next row but for calls that may go out, or None when there is none."""
    if state.ended or not (state.started or state.called_off):
        return None
    for n in state.orphans:
        return call_cut_off(state, desk, n, now=now, heard=heard, status="lost")
    current = state.current
    if current is None:
        return _finish(state, now=now) if state.called_off else _open(state, now=now)
    if current.closed is None:
        return _as_asked(state, desk, current, now=now, heard=heard) or _in_open_layer(
            state, desk, current, now=now, heard=heard
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
    current = state.current
    if draft is None or current is None:
        return None
    if is_read(current, draft) or is_past(current, draft):
        return None
    kept = draft.kept or draft if draft.has_text else None
    return RetryAsked(
        key,
        at,
        alias,
        text=kept.text if kept else "",
        reasoning=kept.reasoning if kept else "",
    )


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
    layer = state.way.layers[len(state.layers)]
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
            return call_cut_off(
                state, desk, draft.call, now=now, heard=heard, status="cancelled"
            )
        if draft.end is None and (draft.given or draft.left_out):
            return _given(state, desk, draft)
        if draft.end is None and draft.stopping:
            return ended_without(draft, DraftStopped(draft.name))
    return not_needed(state, desk, current)


def _given(state: RunState, desk: Desk, draft: DraftState) -> Row:
    row = unbegun(draft)
    if isinstance(row, DraftGiven):
        return replace(row, unread=desk.fault_in(state, draft, row.text))
    return row


def _in_open_layer(
    state: RunState, desk: Desk, current: LayerState, *, now: int, heard: Heard
) -> Row | None:
    for draft in current.drafts:
        if draft.end is None and draft.call is None and draft.next_alias is None:
            return ended_without(draft, DraftFailed(draft.name, cause_of(draft)))
    if current.layer.window is not None:
        row = _in_chain(state, desk, current, now=now, heard=heard)
        if row is not None:
            return row
    closed_by = _why_closed(state, current, now=now)
    if closed_by is not None:
        return close_layer(
            state,
            current,
            closed_by,
            now=now,
            prompt=desk.prompt,
            judged=desk.judged(state, current),
            court=desk.court(state, current),
        )
    return None


def _in_chain(
    state: RunState, desk: Desk, current: LayerState, *, now: int, heard: Heard
) -> Row | None:
    """What a chain does without: samples after the quorum, refinements of nothing."""
    for draft in spare_samples(current, now=now):
        if draft.call is None:
            return DraftStopped(draft.name)
        return call_cut_off(
            state, desk, draft.call, now=now, heard=heard, status="cancelled"
        )
    for draft in next_of_chains(current):
        if has_nothing_new(current, draft):
            return ended_without(draft, DraftSkipped(draft.name, NOTHING_NEW))
    return None


def _why_closed(state: RunState, current: LayerState, *, now: int) -> ClosedBy | None:
    ends = [draft.end for draft in current.drafts]
    lost = any(draft.is_lost for draft in current.drafts)
    deadline, grace = deadline_of(state), current.grace_until
    if current.layer.on_fail == "abort" and lost:
        return "abort"
    if None not in ends and not current.writing:
        return "quorum" if was_cut_short(current) else "all"
    if deadline is not None and now >= deadline:
        return "deadline"
    # What a person waits for, the layer waits for, too.
    awaited = any(draft.wanted and draft.end is None for draft in current.drafts)
    in_time = grace is not None and grace <= min(now, current.due_at)
    if in_time and not awaited and current.layer.window is None:
        return "quorum"
    if not awaited and is_decided_early(state, current):
        return "quorum"
    return "timeout" if now >= current.due_at else None


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
        return call_cut_off(state, desk, n, now=now, heard=heard, status=status)
    for draft in current.drafts:
        if draft.end is None:
            return ended_without(draft, left_behind(draft, current, closed))
    for draft in state.not_taken:
        if draft.end is None:
            return unbegun(draft, cause=NOT_TAKEN)
    if closed.goes_on and not is_last(state.way, current.layer):
        return _open(state, now=now)
    return _finish(state, now=now)


def _finish(state: RunState, *, now: int) -> Row:
    for draft in state.drafts.values():
        if draft.end is None:
            return unbegun(draft, cause=NOT_NEEDED if _ends_early(state) else "")
    return run_ended(state, at=now)


def _ends_early(state: RunState) -> bool:
    """True when moderators found that the drafts agree, and the best is the answer."""
    closed = state.current.closed if state.current else None
    return closed is not None and bool(closed.passed_on) and not closed.goes_on
