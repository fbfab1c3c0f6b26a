"""How a layer ends: what it passes on, what is noted, and whether its vote is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from playground.engine.chains import bests
from playground.engine.contests import Court
from playground.engine.events import ClosedBy, LayerClosed
from playground.engine.findings import Unread
from playground.engine.judges import Judged
from playground.engine.precedence import best_first
from playground.engine.refining import written
from playground.engine.state import DraftState, LayerState, RunState
from playground.engine.strategies import (
    DECIDED,
    Outcome,
    judgement,
    outcome,
    ranked,
    routed,
)
from playground.engine.voting import is_decided
from playground.engine.ways import following


def close_layer(
    state: RunState,
    current: LayerState,
    closed_by: ClosedBy,
    *,
    now: int,
    prompt: str = "",
    judged: Mapping[str, Judged] = MappingProxyType({}),
    court: Court | None = None,
) -> LayerClosed:
    """The row that ends a layer, with what it passes on and what is to be noted.

    A route by rules goes by the run's `prompt`; `judged` are the replies of judges that
    can be read, by their keys; a rank layer has its `court`.
    """
    result = _outcome(state, current, closed_by, prompt, judged, court)
    decided = closed_by == "quorum" and is_decided_early(state, current)
    return LayerClosed(
        layer=current.layer.index,
        at=now,
        closed_by=closed_by,
        passed_on=result.passed_on,
        notes=(*result.notes, *_notes(current), *((DECIDED,) if decided else ())),
        ballot=result.ballot,
        verdict=result.verdict,
        routing=result.routing,
    )


def _outcome(
    state: RunState,
    current: LayerState,
    closed_by: ClosedBy,
    prompt: str,
    judged: Mapping[str, Judged],
    court: Court | None,
) -> Outcome:
    """A layer that aborts, or times out where no slot may fail, passes nothing on."""
    ends_run = closed_by in ("abort", "cancel", "deadline")
    if ends_run or (closed_by == "timeout" and current.layer.on_fail == "abort"):
        return Outcome()
    if current.layer.route is not None:
        texts = [state.drafts[key].text for key in current.usable]
        found = routed(current.layer, current.layer.route, prompt, texts)
        unread = tuple(map(str, _unread(current)))
        return replace(found, notes=(*found.notes, *unread))
    if court is not None:
        return ranked(current.layer, court.ranking, needed=current.needed)
    if current.layer.judges:
        return judgement(
            current.layer,
            current.inputs,
            judged,
            _unread(current),
            needed=current.needed,
            is_last=following(state.way, current.layer) is None,
        )
    given = {key: state.drafts[key].text for key in best_first(state, current)}
    result = outcome(current.layer, current.usable, given, needed=current.needed)
    if result.passed_on and current.layer.window is not None:
        return Outcome(bests(current.layer, written(current)))
    return result


def _unread(current: LayerState) -> tuple[Unread, ...]:
    """The judges whose replies say nothing."""
    return tuple(
        Unread(draft.name, draft.unread)
        for draft in current.drafts
        if draft.end == "done" and draft.unread
    )


def is_decided_early(state: RunState, current: LayerState) -> bool:
    """True when the vote on this layer's drafts is over before all of them are in."""
    vote = following(state.way, current.layer)
    if vote is None or current.layer.kind != "draft":
        return False
    if vote.election is None or not vote.election.stop_early:
        return False
    if len(current.usable) < current.needed:
        return False
    if current.layer.window is None:
        voters, coming = current.usable, _to_come(current.drafts)
    else:
        voters, coming = _chains_so_far(current)
    texts = {key: state.drafts[key].text for key in voters}
    return is_decided(vote.election, texts, coming, needed=vote.quorum or 1)


def _chains_so_far(current: LayerState) -> tuple[tuple[str, ...], int]:
    """The last refinement of each slot that has come to its end, and how many have not."""
    unended = {draft.key.label for draft in current.drafts if draft.end is None}
    layer = current.layer
    over = tuple(slot for slot in layer.slots if slot.label not in unended)
    return bests(replace(layer, slots=over), written(current)), len(unended)


def _to_come(drafts: Sequence[DraftState]) -> int:
    return sum(draft.end is None for draft in drafts)


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
