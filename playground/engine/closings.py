"""How a layer ends: what it passes on, what is noted, and whether its vote is decided."""

from __future__ import annotations

from playground.engine.events import ClosedBy, LayerClosed
from playground.engine.state import LayerState, RunState
from playground.engine.strategies import DECIDED, Outcome, outcome
from playground.engine.voting import is_decided


def close_layer(
    state: RunState, current: LayerState, closed_by: ClosedBy, *, now: int
) -> LayerClosed:
    """The row that ends a layer, with what it passes on and what is to be noted."""
    result = _outcome(state, current, closed_by)
    decided = closed_by == "quorum" and is_decided_early(state, current)
    return LayerClosed(
        layer=current.layer.index,
        at=now,
        closed_by=closed_by,
        passed_on=result.passed_on,
        notes=(*result.notes, *_notes(current), *((DECIDED,) if decided else ())),
        ballot=result.ballot,
    )


def _outcome(state: RunState, current: LayerState, closed_by: ClosedBy) -> Outcome:
    """A layer that aborts, or times out where no slot may fail, passes nothing on."""
    ends_run = closed_by in ("abort", "cancel", "deadline")
    if ends_run or (closed_by == "timeout" and current.layer.on_fail == "abort"):
        return Outcome()
    given = {key: state.drafts[key].text for key in current.inputs}
    return outcome(current.layer, current.usable, given, needed=current.needed)


def is_decided_early(state: RunState, current: LayerState) -> bool:
    """True when the vote on this layer's drafts is over before all of them are in."""
    index = current.layer.index
    following = state.plan.layers[index : index + 1]
    vote = following[0] if following and current.layer.kind == "draft" else None
    if vote is None or vote.election is None or not vote.election.stop_early:
        return False
    if len(current.usable) < current.needed:
        return False
    texts = {key: state.drafts[key].text for key in current.usable}
    coming = sum(draft.end is None for draft in current.drafts)
    return is_decided(vote.election, texts, coming, needed=vote.quorum or 1)


def _notes(current: LayerState) -> tuple[str, ...]:
    notes = []
    short = [draft for draft in current.drafts if draft.short_of]
    if short:
        notes.append("limit")
        notes += [f"{draft.name}: {draft.cause}" for draft in short]
    if current.trims:
        notes.append(
            f"references were cut to {min(current.trims)} characters each, "
            "to stay under max_cost_usd"
        )
    return tuple(notes)
