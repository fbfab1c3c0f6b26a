"""Which calls of an open layer may go out, and which of a rank's need not."""

from __future__ import annotations

from collections.abc import Iterator

from playground.engine.contests import STANDS_IN, Barred, Idle, Waits
from playground.engine.desk import Desk
from playground.engine.endings import cause_of
from playground.engine.events import DraftFailed, DraftSkipped, Row
from playground.engine.refining import to_write
from playground.engine.state import LayerState, RunState
from playground.engine.unwritten import ended_without


def to_send(state: RunState, desk: Desk, *, now: int) -> Iterator[Row]:
    """The calls that may go out now, each to be applied before the next is asked for.

    Nothing else follows from an opened call, so all of them are found in one pass. A
    draft that the run's limits forbid ends, and much may follow from that: it is last.
    """
    current = state.current
    if state.ended or current is None or current.closed is not None:
        return
    court, places = desk.court(state, current), current.layer.max_parallel
    for draft in to_write(current):
        alias = draft.next_alias
        if places is not None and current.writing >= places:
            return
        waits = draft.end is None and draft.call is None and draft.not_before <= now
        if not waits or alias is None:
            continue
        if court and isinstance(court.assigned(draft), Waits):
            continue
        made_out = desk.make_out(state, draft, alias, at=now)
        if isinstance(made_out, DraftFailed):
            yield ended_without(draft, made_out)
            return
        yield made_out


def not_needed(state: RunState, desk: Desk, current: LayerState) -> Row | None:
    """A judgement of a rank layer that nobody has to make, or that its model may not."""
    court = desk.court(state, current)
    for draft in current.drafts if court else ():
        if court and draft.end is None and draft.call is None:
            assigned = court.assigned(draft)
            if isinstance(assigned, Idle):
                return ended_without(draft, DraftSkipped(draft.name, assigned.cause))
            if isinstance(assigned, Barred):
                told = f"{assigned.alias}: {STANDS_IN}"
                cause = "; ".join(filter(None, (cause_of(draft), told)))
                return ended_without(draft, DraftFailed(draft.name, cause))
    return None
