"""What a run may use at most before it begins: money and tokens, in all and by model.

Every planned call counts at its dearest alternative in all, and at each model that may
be asked for it with that model. What is tried again comes on top. A route counts at its
dearer branch, drafts that are given or left out at nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from playground.engine.branches import NO_BRANCH, Branch
from playground.engine.ceilings import (
    Cards,
    analyses_to,
    answering,
    asked_again,
    coming_in_chain,
    coming_to,
    max_tokens,
    price_of,
    repair_tokens,
    shown_to,
    to_call,
)
from playground.engine.judges import wording
from playground.engine.messages import Message
from playground.engine.prompts import REFINING, Talk, block_of, lay_around
from playground.engine.shapes import AnswerOverrides, Layer, Plan, Slot
from playground.engine.tokens import bound_of_messages
from playground.engine.uses import Demand, Use
from playground.engine.ways import ways


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call that `times` samples of a slot make, with at most so many `tokens_in`."""

    slot: Slot
    tokens_in: int
    times: int = 1


def plan_demand(
    plan: Plan,
    cards: Cards,
    messages: Sequence[Message],
    variables: Mapping[str, object],
    overrides: AnswerOverrides | None = None,
    branch: Branch = NO_BRANCH,
) -> Demand:
    """What a run uses at most if nothing is tried again."""
    most: Demand | None = None
    for way in ways(plan):
        talk = Talk.of(way, messages, variables)
        own = Demand()
        for layer in way.layers:
            own += layer_demand(talk, layer, cards, overrides, branch)
        most = own if most is None else most | own
    return most or Demand()


def plan_ceiling(
    plan: Plan,
    cards: Cards,
    messages: Sequence[Message],
    variables: Mapping[str, object],
    overrides: AnswerOverrides | None = None,
    branch: Branch = NO_BRANCH,
) -> int | None:
    """The money of `plan_demand` in nano-dollars; None when any model is unpriced."""
    demand = plan_demand(plan, cards, messages, variables, overrides, branch)
    return demand.total.nanos


def layer_demand(
    talk: Talk,
    layer: Layer,
    cards: Cards,
    overrides: AnswerOverrides | None,
    branch: Branch,
) -> Demand:
    """One layer's part of `plan_demand`, on the way that the talk's plan is."""
    asked = overrides if layer.index == answering(talk.plan).index else None
    total = Demand()
    for call in _planned_calls(talk, layer, cards, overrides, branch):
        uses = {alias: _use(call, cards, alias, asked) for alias in call.slot.aliases}
        dearest, *others = uses.values()
        for other in others:
            dearest |= other
        total += Demand(dearest, uses)
    return total


def _use(
    call: PlannedCall, cards: Cards, alias: str, asked: AnswerOverrides | None
) -> Use:
    most = max_tokens(call.slot, cards, alias, asked)
    price = price_of(cards, alias)
    nanos = None if price is None else price.ceiling(call.tokens_in, most)
    return Use(nanos, call.tokens_in + most).times(call.times)


def _planned_calls(
    talk: Talk,
    layer: Layer,
    cards: Cards,
    overrides: AnswerOverrides | None,
    branch: Branch,
) -> Iterator[PlannedCall]:
    coming = shown_to(layer, coming_to(talk.plan, layer, cards, branch, overrides))
    frames = [frame for frame, _ in coming]
    analyses = analyses_to(talk.plan, layer, cards, branch)
    around = wording(layer, frames, [""] * len(analyses))
    block = block_of(frames, layer.pack, seed="", wording=around)
    unwritten = sum(bound for _, bound in (*coming, *analyses))
    for slot, times in to_call(layer, branch):
        bare = lay_around(talk, slot, layer.pack, block, around)
        tokens_in = bound_of_messages(bare) + unwritten
        yield PlannedCall(slot, tokens_in, times)
        if layer.judges:
            again = tokens_in + repair_tokens(slot, cards)
            yield PlannedCall(slot, again, asked_again(layer, times))
    if layer.window is not None:
        asked = overrides if layer.index == answering(talk.plan).index else None
        yield from _refinements(talk, layer, cards, asked, branch)


def _refinements(
    talk: Talk,
    layer: Layer,
    cards: Cards,
    asked: AnswerOverrides | None,
    branch: Branch,
) -> Iterator[PlannedCall]:
    for key in filter(layer.refines, branch.to_call(layer)):
        slot = branch.slot_of(layer, key)
        coming = coming_in_chain(layer, key, cards, asked, branch)
        frames = [frame for frame, _ in coming]
        block = block_of(frames, layer.pack, seed="", wording=REFINING)
        bare = lay_around(talk, slot, layer.pack, block, REFINING)
        unwritten = sum(bound for _, bound in coming)
        yield PlannedCall(slot, bound_of_messages(bare) + unwritten)
