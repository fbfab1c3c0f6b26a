"""What calls can cost at most: planned ones by bounds, the next one by its real prompt.

A planned call counts at its dearest alternative (model or any fallback). Its references
are not written yet and count 1.25 x their slots' max_tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from playground.engine.branches import NO_BRANCH, Branch
from playground.engine.chains import link_of
from playground.engine.judging import REPAIR_TOKENS
from playground.engine.pricing import Price
from playground.engine.prompts import Reference
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
    bound_of_reference,
    bound_of_text,
)
from playground.engine.ways import before

Cards = Mapping[str, Card]


def coming_in_chain(
    layer: Layer,
    key: DraftKey,
    cards: Cards,
    asked: AnswerOverrides | None,
    branch: Branch,
) -> list[tuple[Reference, int]]:
    """What a refinement reads at most: the longest that may be the best so far, repeated."""
    link = link_of(layer, key)

    def unwritten(keys: Iterable[DraftKey]) -> list[tuple[Reference, int]]:
        return [
            _unwritten(layer, each, cards, branch, asked)
            for each in keys
            if str(each) not in branch.left_out
        ]

    fresh = unwritten(link.fresh)
    best = max(unwritten(link.earlier), key=lambda each: each[1], default=None)
    times = len(fresh) if layer.refines(link.earlier[0]) else 1
    return [*([best] * times if best else []), *fresh]


def refinements_of(
    layer: Layer, cards: Cards
) -> list[tuple[Slot, int, list[tuple[Reference, int]]]]:
    """A layer's refinements, those of a slot that read as many drafts counted together."""
    groups: dict[tuple[str, int], tuple[Slot, int, list[tuple[Reference, int]]]] = {}
    if layer.window is None:
        return []
    for key in filter(layer.refines, layer.drafts()):
        coming = coming_in_chain(layer, key, cards, None, NO_BRANCH)
        name = key.label, len(coming)
        slot, count, read = groups.get(name, (layer.slot(key.label), 0, coming))
        groups[name] = slot, count + 1, read
    return list(groups.values())


def asked_again(layer: Layer, times: int) -> int:
    """How many replies of a judge may turn out to be unreadable in a plan's ceiling.

    Of a rank's many judgements one; what is asked again beyond draws on the rest, as
    what is tried again does.
    """
    return times if layer.contest is None else min(times, 1)


def repair_tokens(slot: Slot, cards: Cards) -> int:
    """What a judge reads on top when it is asked again: its reply, and why."""
    longest = max(max_tokens(slot, cards, alias) for alias in slot.aliases)
    return bound_of_reference(longest) + REPAIR_TOKENS


def call_ceiling(slot: Slot, cards: Cards, tokens_in: int) -> int | None:
    """One call of a slot at the dearest alternative with a price; None: none has one."""
    priced = ((alias, price_of(cards, alias)) for alias in slot.aliases)
    ceilings = (
        price.ceiling(tokens_in, max_tokens(slot, cards, alias))
        for alias, price in priced
        if price is not None
    )
    return max(ceilings, default=None)


def coming_to(
    plan: Plan,
    layer: Layer,
    cards: Cards,
    branch: Branch,
    asked: AnswerOverrides | None = None,
) -> list[tuple[Reference, int]]:
    """The references that a layer will see, still empty, each with its token bound.

    `plan` is one of the `ways`; `asked` is what the caller wants of the answering layer,
    which judges may read.
    """
    earlier = before(plan, layer)
    if layer.sees == "none" or not earlier:
        return []
    if layer.sees == "previous":
        return _passed_on(plan, earlier[-1], cards, branch, asked)
    # What judges and votes pass on is already among the drafts before them.
    sources = (each for each in earlier if each.writes)
    return [
        each
        for source in sources
        for each in _passed_on(plan, source, cards, branch, asked)
    ]


def shown_to(
    layer: Layer, coming: list[tuple[Reference, int]]
) -> list[tuple[Reference, int]]:
    """What one call of a layer reads of what comes to it: a rank's two longest, or one."""
    shows = None if layer.contest is None else layer.contest.shows
    return _longest(coming, shows)


def analyses_to(
    plan: Plan, layer: Layer, cards: Cards, branch: Branch
) -> list[tuple[Reference, int]]:
    """The replies of the judges that a layer will be told of, each with its bound."""
    earlier = before(plan, layer)
    sources = {"none": (), "previous": earlier[-1:], "all": earlier}[layer.sees]
    return [
        _unwritten(source, key, cards, branch)
        for source in sources
        if source.kind == "compare"
        for key in source.drafts()
        if str(key) not in branch.left_out
    ]


def price_of(cards: Cards, alias: str) -> Price | None:
    """The model's price; None when it is unpriced or there is no such model."""
    card = cards.get(alias)
    return None if card is None else card.price


def model_of(cards: Cards, alias: str) -> object:
    """What tells models apart: two aliases may be one model of one provider."""
    card = cards.get(alias)
    return alias if card is None else (card.provider, card.model)


def is_last(way: Plan, layer: Layer) -> bool:
    """True for the layer that leaves the answer on this way."""
    return layer.index == way.layers[-1].index


def answering(way: Plan) -> Layer:
    """The layer that writes the answer on this way: the last one whose slots write."""
    return next(layer for layer in reversed(way.layers) if layer.writes)


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


def to_call(layer: Layer, branch: Branch) -> Iterable[tuple[Slot, int]]:
    """Each slot as it will be called, and for how many samples: all cost the same.

    Refinements cost more, each what it reads.
    """
    counted: dict[tuple[str, str | None], tuple[Slot, int]] = {}
    for key in branch.to_call(layer):
        if layer.refines(key):
            continue
        name = key.label, branch.models.get(str(key))
        slot, times = counted.get(name) or (branch.slot_of(layer, key), 0)
        counted[name] = slot, times + 1
    return counted.values()


def _passed_on(
    plan: Plan,
    layer: Layer,
    cards: Cards,
    branch: Branch,
    asked: AnswerOverrides | None,
) -> list[tuple[Reference, int]]:
    if layer.judges:
        return _longest(coming_to(plan, layer, cards, branch, asked), _kept(layer))
    if layer.kind == "vote":
        given = coming_to(plan, layer, cards, branch, asked)
        return [max(given, key=lambda each: each[1])] if given else []
    own = asked if layer.index == answering(plan).index else None
    written = [
        _unwritten(layer, key, cards, branch, own)
        for key in layer.drafts()
        if str(key) not in branch.left_out
    ]
    if layer.kind == "aggregate" and written:
        return [max(written, key=lambda each: each[1])]
    if layer.window is not None:
        return _longest_of_each_slot(written)
    return written


def _longest_of_each_slot(
    written: Iterable[tuple[Reference, int]],
) -> list[tuple[Reference, int]]:
    longest: dict[str, tuple[Reference, int]] = {}
    for each in written:
        label = each[0].key.label
        longest[label] = max(longest.get(label, each), each, key=lambda one: one[1])
    return list(longest.values())


def _kept(layer: Layer) -> int | None:
    """How many drafts judges let go on; None: all."""
    if layer.keeping is not None:
        return layer.keeping.keep
    return None if layer.contest is None else layer.contest.keep


def _longest(
    coming: list[tuple[Reference, int]], most: int | None
) -> list[tuple[Reference, int]]:
    """So many of them, those that may be the longest, in their order."""
    if most is None:
        return coming
    longest = sorted(coming, key=lambda each: -each[1])[:most]
    return [each for each in coming if each in longest][:most]


def _unwritten(
    layer: Layer,
    key: DraftKey,
    cards: Cards,
    branch: Branch,
    asked: AnswerOverrides | None = None,
) -> tuple[Reference, int]:
    given = branch.given.get(str(key))
    if given is not None:
        text = given.text + given.reasoning
        return Reference(key, given.alias, ""), bound_of_text(text)
    slot = branch.slot_of(layer, key)
    longest = max(max_tokens(slot, cards, alias, asked) for alias in slot.aliases)
    name = max(slot.aliases, key=len)
    return Reference(key, name, ""), bound_of_reference(longest)
