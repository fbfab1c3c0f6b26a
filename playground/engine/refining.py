"""Which drafts of an open layer may be written now, and what its chains do without."""

from __future__ import annotations

from playground.engine.chains import follows, laid_before, link_of
from playground.engine.state import DraftState, LayerState


def to_write(current: LayerState) -> list[DraftState]:
    """The drafts that wait for nothing but a place, in the order in which they get one."""
    heads = {draft.name for draft in next_of_chains(current)}
    return sorted(
        (
            draft
            for draft in current.drafts
            if not draft.refines or (draft.name in heads and is_ready(current, draft))
        ),
        key=_turn,
    )


def written(current: LayerState) -> tuple[str, ...]:
    """The keys of all drafts that have a text, samples or not, in slot order."""
    return tuple(draft.name for draft in current.drafts if draft.has_text)


def is_ready(current: LayerState, draft: DraftState) -> bool:
    """False while anything that a refinement may read is still to come."""
    before = {str(key) for key in link_of(current.layer, draft.key).before}
    return all(each.end is not None for each in current.drafts if each.name in before)


def is_read(current: LayerState, draft: DraftState) -> bool:
    """True when a refinement has been begun, or passed over, that a new text comes too
    late for."""
    later = {str(key) for key in follows(current.layer, draft.key)}
    return any(
        each.end is not None or each.last is not None or each.call is not None
        for each in current.drafts
        if each.name in later
    )


def next_of_chains(current: LayerState) -> list[DraftState]:
    """The refinement of each slot whose turn it is: those behind it wait for it."""
    found: dict[str, DraftState] = {}
    for draft in current.drafts:
        if draft.refines and draft.end is None:
            found.setdefault(draft.key.label, draft)
    return list(found.values())


def has_nothing_new(current: LayerState, draft: DraftState) -> bool:
    """True when all is over that a refinement may read, and that is no two texts."""
    if draft.call is not None or not is_ready(current, draft):
        return False
    return not laid_before(current.layer, draft.key, written(current))


def spare_samples(current: LayerState, *, now: int) -> list[DraftState]:
    """The samples that the chain goes on without: enough are in, and the grace is over.

    What a person waits for, the layer waits for, too.
    """
    grace = current.grace_until
    coming = [each for each in current.drafts if each.end is None and not each.refines]
    if grace is None or grace > now or any(each.wanted for each in coming):
        return []
    return coming


def was_cut_short(current: LayerState) -> bool:
    """True when a chain has gone on without a sample that was still to come."""
    return any(draft.left_behind for draft in current.drafts)


def _turn(draft: DraftState) -> tuple[bool, bool, bool]:
    """Sorts first what had a place (a lost call), then what a person or a chain awaits."""
    return draft.last != "lost", not draft.wanted, not draft.refines
