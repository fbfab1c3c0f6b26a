"""What calls can cost at most: planned ones by bounds, the next one by its real prompt.

A planned call counts at its dearest alternative (model or any fallback). Its references
are not written yet and count 1.25 x their slots' max_tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from playground.engine.branches import NO_BRANCH, Branch
from playground.engine.messages import Message
from playground.engine.pricing import Price
from playground.engine.prompts import Reference, Talk, block_of, lay_around
from playground.engine.shapes import (
    DEFAULT_MAX_TOKENS,
    AnswerOverrides,
    Card,
    DraftKey,
    Layer,
    Params,
    Plan,
    Slot,
)
from playground.engine.tokens import (
    bound_of_messages,
    bound_of_reference,
    bound_of_text,
)

Cards = Mapping[str, Card]


def plan_ceiling(
    plan: Plan,
    cards: Cards,
    messages: Sequence[Message],
    variables: Mapping[str, object],
    overrides: AnswerOverrides | None = None,
    branch: Branch = NO_BRANCH,
) -> int | None:
    """The most that a run costs in nano-dollars if nothing is tried again.

    Drafts that are given or left out cost nothing. None when any model that it may call
    is unpriced.
    """
    talk = Talk.of(plan, messages, variables)
    parts = [
        layer_ceiling(talk, layer, cards, overrides, branch) for layer in plan.layers
    ]
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def layer_ceiling(
    talk: Talk,
    layer: Layer,
    cards: Cards,
    overrides: AnswerOverrides | None,
    branch: Branch,
) -> int | None:
    """One layer's part of `plan_ceiling`."""
    asked = overrides if layer.index == answering(talk.plan).index else None
    coming = coming_to(talk.plan, layer, cards, branch)
    block = block_of([frame for frame, _ in coming], layer.pack, seed="")
    unwritten = sum(bound for _, bound in coming)
    total = 0
    for slot, times in _to_call(layer, branch):
        bare = lay_around(talk, slot, layer.pack, block)
        one = call_ceiling(slot, cards, bound_of_messages(bare) + unwritten, asked)
        if one is None:
            return None
        total += one * times
    return total


def call_ceiling(
    slot: Slot, cards: Cards, tokens_in: int, asked: AnswerOverrides | None = None
) -> int | None:
    """One call of a slot at its dearest alternative; None when one is unpriced."""
    ceilings = []
    for alias in slot.aliases:
        price = price_of(cards, alias)
        if price is None:
            return None
        ceilings.append(price.ceiling(tokens_in, max_tokens(slot, cards, alias, asked)))
    return max(ceilings)


def coming_to(
    plan: Plan, layer: Layer, cards: Cards, branch: Branch
) -> list[tuple[Reference, int]]:
    """The references that a layer will see, still empty, each with its token bound."""
    if layer.sees == "none":
        return []
    if layer.sees == "previous":
        return _passed_on(plan, plan.layers[layer.index - 2], cards, branch)
    # A vote passes on what is already among the drafts before it.
    before = (each for each in plan.layers[: layer.index - 1] if each.kind != "vote")
    return [
        each for source in before for each in _passed_on(plan, source, cards, branch)
    ]


def price_of(cards: Cards, alias: str) -> Price | None:
    """The model's price; None when it is unpriced or there is no such model."""
    card = cards.get(alias)
    return None if card is None else card.price


def is_last(plan: Plan, layer: Layer) -> bool:
    """True for the layer that leaves the answer."""
    return layer.index == len(plan.layers)


def answering(plan: Plan) -> Layer:
    """The layer that writes the answer: the last one that is no vote."""
    return next(layer for layer in reversed(plan.layers) if layer.kind != "vote")


def params_for(
    slot: Slot, sample: int, cards: Cards, alias: str, asked: AnswerOverrides | None
) -> Params:
    """What a call sends; `asked` is what the run's caller wants of an answering slot.

    Samples of one slot get seeds that count up: the same seed would write one text.
    """
    own = slot.params
    asked = asked or AnswerOverrides()
    seed = own.seed if asked.seed is None else asked.seed
    return replace(
        own,
        max_tokens=max_tokens(slot, cards, alias, asked),
        temperature=_first(asked.temperature, own.temperature),
        top_p=_first(asked.top_p, own.top_p),
        stop=own.stop if asked.stop is None else asked.stop,
        seed=None if seed is None else seed + sample - 1,
    )


def max_tokens(
    slot: Slot, cards: Cards, alias: str, asked: AnswerOverrides | None = None
) -> int:
    """The limit that a call is sent with: asked, else the slot's, else the card's."""
    if asked is not None and asked.max_tokens is not None:
        return asked.max_tokens
    if slot.params.max_tokens is not None:
        return slot.params.max_tokens
    card = cards.get(alias)
    return DEFAULT_MAX_TOKENS if card is None else card.max_output


def _first(asked: float | None, own: float | None) -> float | None:
    return own if asked is None else asked


def _to_call(layer: Layer, branch: Branch) -> Iterable[tuple[Slot, int]]:
    """Each slot as it will be called, and for how many samples: all cost the same."""
    counted: dict[tuple[str, str | None], tuple[Slot, int]] = {}
    for key in branch.to_call(layer):
        name = key.label, branch.models.get(str(key))
        slot, times = counted.get(name) or (branch.slot_of(layer, key), 0)
        counted[name] = slot, times + 1
    return counted.values()


def _passed_on(
    plan: Plan, layer: Layer, cards: Cards, branch: Branch
) -> list[tuple[Reference, int]]:
    if layer.kind == "vote":
        given = coming_to(plan, layer, cards, branch)
        return [max(given, key=lambda each: each[1])] if given else []
    written = [
        _unwritten(layer, key, cards, branch)
        for key in layer.drafts()
        if str(key) not in branch.left_out
    ]
    if layer.kind == "aggregate" and written:
        return [max(written, key=lambda each: each[1])]
    return written


def _unwritten(
    layer: Layer, key: DraftKey, cards: Cards, branch: Branch
) -> tuple[Reference, int]:
    given = branch.given.get(str(key))
    if given is not None:
        text = given.text + given.reasoning
        return Reference(key, given.alias, ""), bound_of_text(text)
    slot = branch.slot_of(layer, key)
    longest = max(max_tokens(slot, cards, alias) for alias in slot.aliases)
    name = max(slot.aliases, key=len)
    return Reference(key, name, ""), bound_of_reference(longest)
