"""What calls can cost at most: planned ones by bounds, the next one by its real prompt.

A planned call counts at its dearest alternative (model or any fallback). Its references
are not written yet and count 1.25 x their slots' max_tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from playground.engine.messages import Message
from playground.engine.pricing import Price
from playground.engine.prompts import Reference, Talk, lay
from playground.engine.shapes import (
    DEFAULT_MAX_TOKENS,
    AnswerOverrides,
    Card,
    Layer,
    Params,
    Plan,
    Slot,
)
from playground.engine.tokens import bound_of_messages, bound_of_reference

Cards = Mapping[str, Card]


def plan_ceiling(
    plan: Plan,
    cards: Cards,
    messages: Sequence[Message],
    variables: Mapping[str, object],
    overrides: AnswerOverrides | None = None,
) -> int | None:
    """The most that a run costs in nano-dollars if nothing is tried again.

    None when any model that it may call is unpriced.
    """
    talk = Talk.of(plan, messages, variables)
    parts = [layer_ceiling(talk, layer, cards, overrides) for layer in plan.layers]
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def layer_ceiling(
    talk: Talk, layer: Layer, cards: Cards, overrides: AnswerOverrides | None
) -> int | None:
    """One layer's part of `plan_ceiling`."""
    asked = overrides if is_last(talk.plan, layer) else None
    parts = [_slot_ceiling(talk, layer, slot, cards, asked) for slot in layer.slots]
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def price_of(cards: Cards, alias: str) -> Price | None:
    """The model's price; None when it is unpriced or there is no such model."""
    card = cards.get(alias)
    return None if card is None else card.price


def is_last(plan: Plan, layer: Layer) -> bool:
    """True for the layer that writes the answer."""
    return layer.index == len(plan.layers)


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


def _slot_ceiling(
    talk: Talk, layer: Layer, slot: Slot, cards: Cards, asked: AnswerOverrides | None
) -> int | None:
    tokens_in = _input_bound(talk, layer, slot, cards)
    ceilings = []
    for alias in slot.aliases:
        price = price_of(cards, alias)
        if price is None:
            return None
        tokens_out = max_tokens(slot, cards, alias, asked)
        ceilings.append(price.ceiling(tokens_in, tokens_out))
    return slot.samples * max(ceilings)


def _input_bound(talk: Talk, layer: Layer, slot: Slot, cards: Cards) -> int:
    coming = _coming(talk.plan, layer, cards)
    frames = [reference for reference, _ in coming]
    bare = lay(talk, slot, layer.pack, frames, seed="")
    return bound_of_messages(bare) + sum(bound for _, bound in coming)


def _coming(plan: Plan, layer: Layer, cards: Cards) -> list[tuple[Reference, int]]:
    """The references that a layer will see, still empty, each with its token bound."""
    before = {
        "none": (),
        "previous": plan.layers[layer.index - 2 : layer.index - 1],
        "all": plan.layers[: layer.index - 1],
    }[layer.sees]
    return [each for source in before for each in _passed_on(source, cards)]


def _passed_on(layer: Layer, cards: Cards) -> list[tuple[Reference, int]]:
    written = [_unwritten(layer, slot, cards) for slot in layer.slots]
    if layer.kind == "aggregate":
        return [max(written, key=lambda each: each[1])]
    return [
        each
        for slot, each in zip(layer.slots, written, strict=True)
        for _ in range(slot.samples)
    ]


def _unwritten(layer: Layer, slot: Slot, cards: Cards) -> tuple[Reference, int]:
    longest = max(max_tokens(slot, cards, alias) for alias in slot.aliases)
    name = max(slot.aliases, key=len)
    key = replace(layer.drafts()[0], label=slot.label)
    return Reference(key, name, ""), bound_of_reference(longest)
