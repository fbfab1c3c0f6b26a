"""What each kind of layer passes on, once its drafts are as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from playground.engine.ballots import Ballot, Decider
from playground.engine.shapes import DraftKey, Election, Layer
from playground.engine.voting import hold_vote

LAST_RESORT = "no slot of this layer could write: the first draft that it was given stands as it is"
DECIDED = "the vote was decided: the drafts still to come were not needed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The drafts that go on, in order, and what is to be noted about them."""

    passed_on: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ballot: Ballot | None = None


def outcome(
    layer: Layer, usable: Sequence[str], inputs: Mapping[str, str], *, needed: int
) -> Outcome:
    """What the layer passes on; nothing when there are fewer usable drafts than `needed`.

    `usable` are the keys of the written drafts in slot order, `inputs` the texts that
    the layer was given, in order. What is usable to a vote has an answer.
    """
    if layer.election is not None:
        return _elected(layer, layer.election, inputs, needed=needed)
    if len(usable) >= needed:
        return Outcome(
            (_answer(layer, usable),) if layer.kind == "aggregate" else tuple(usable)
        )
    if layer.kind == "aggregate" and layer.quorum is None and inputs:
        return Outcome((next(iter(inputs)),), (LAST_RESORT,))
    return Outcome()


def _elected(
    layer: Layer, election: Election, inputs: Mapping[str, str], *, needed: int
) -> Outcome:
    """The winner; without a single answer the first draft, where `on_fail` lets it."""
    ballot = hold_vote(election, inputs)
    if ballot.counted < needed:
        goes_on = layer.quorum is None and layer.on_fail == "drop" and bool(inputs)
        first = next(iter(inputs)) if goes_on else None
        by: Decider = "fallback" if goes_on else "none"
        ballot = replace(ballot, winner=first, by=by, tied=())
    won = () if ballot.winner is None else (ballot.winner,)
    return Outcome(won, ballot.notes, ballot)


def _answer(layer: Layer, usable: Sequence[str]) -> str:
    """The primary's first usable sample, else the next usable in slot order."""
    primary = layer.slot(layer.primary)
    own = {
        str(DraftKey(layer.index, primary.label, sample))
        for sample in range(1, primary.samples + 1)
    }
    return next((key for key in usable if key in own), usable[0])
