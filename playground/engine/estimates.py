"""What a run will cost, read, write and take before it begins: low, likely, at most.

Low: every call reads what is known now, and writes one token. Likely: each model writes
as much and as fast as its habit is. At most: each call writes up to its limit, at its
dearest alternative; what is tried again comes on top.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from playground.engine.branches import NO_BRANCH
from playground.engine.ceilings import (
    Cards,
    analyses_to,
    asked_again,
    call_ceiling,
    coming_to,
    max_tokens,
    price_of,
    refinements_of,
    repair_tokens,
    shown_to,
)
from playground.engine.durations import Turn, capped, layer_took
from playground.engine.figures import (
    ASSUMED,
    Band,
    Estimate,
    Figures,
    Habit,
    LayerEstimate,
    Outlook,
    SlotEstimate,
)
from playground.engine.judges import wording
from playground.engine.messages import Message
from playground.engine.prompts import REFINING, Reference, Talk, block_of, lay_around
from playground.engine.routes import Side
from playground.engine.routing import foreseen
from playground.engine.shapes import Layer, Plan, Slot
from playground.engine.tokens import (
    bound_of_messages,
    estimate_of_bytes,
    estimate_of_messages,
)
from playground.engine.usage import Usage
from playground.engine.ways import layer_of, ways_of

__all__ = [
    "ASSUMED",
    "Band",
    "Estimate",
    "Figures",
    "Habit",
    "LayerEstimate",
    "Outlook",
    "SlotEstimate",
    "estimate",
]


def estimate(
    plan: Plan,
    *,
    cards: Cards,
    messages: Sequence[Message],
    variables: Mapping[str, object],
    outlook: Outlook,
) -> Estimate:
    """The estimate of a run of `plan`, layer by layer and in all.

    Layers follow each other, so their times add up, to the run's deadline at most.
    """
    talk = Talk.of(plan, messages, variables)
    seen = foreseen(plan, talk.values["prompt"])
    found: dict[int, LayerEstimate] = {}
    totals: dict[Side | None, Figures] = {}
    for side, way in ways_of(plan).items():
        on_way = replace(talk, plan=way)
        own = [_of_layer(on_way, layer, cards, outlook) for layer in way.layers]
        totals[side] = _capped_total(plan, own)
        for each in own:
            if side in seen or each.layer.side is not None:
                found.setdefault(each.layer.index, each)
    unpriced = (alias for alias in plan.aliases() if price_of(cards, alias) is None)
    return Estimate(
        layers=tuple(found[index] for index in sorted(found)),
        total=_spanning([totals[side] for side in seen]),
        unpriced=tuple(sorted(unpriced)),
        ways={side: total for side, total in totals.items() if side is not None},
        foreseen=seen[0] if len(seen) == 1 else None,
        least_calls=min(totals[side].calls for side in seen),
    )


def _spanning(totals: Sequence[Figures]) -> Figures:
    """From the least of any to the most of any; likely as on the one likely dearest."""
    dearest = max(totals, key=lambda each: (each.cost.likely, each.tokens_out.likely))
    return Figures(
        max(each.calls for each in totals),
        *(
            Band(
                min(band.low for band in bands),
                dearest_band.likely,
                max(band.ceiling for band in bands),
            )
            for dearest_band, *bands in zip(
                _bands(dearest), *map(_bands, totals), strict=True
            )
        ),
    )


def _bands(figures: Figures) -> tuple[Band, Band, Band, Band]:
    return figures.cost, figures.tokens_in, figures.tokens_out, figures.took_ms


def _capped_total(plan: Plan, layers: Sequence[LayerEstimate]) -> Figures:
    total = sum((each.figures for each in layers), Figures())
    deadline = plan.limits.deadline_s
    if deadline is None:
        return total
    return replace(total, took_ms=capped(total.took_ms, deadline))


def _of_layer(
    talk: Talk, layer: Layer, cards: Cards, outlook: Outlook
) -> LayerEstimate:
    coming = shown_to(layer, coming_to(talk.plan, layer, cards, NO_BRANCH))
    frames = [frame for frame, _ in coming]
    analyses = analyses_to(talk.plan, layer, cards, NO_BRANCH)
    around = wording(layer, frames, [""] * len(analyses))
    block = block_of(frames, layer.pack, seed="", wording=around)
    unwritten = Band.of(
        len(coming) + len(analyses),
        sum(_shown(talk.plan, layer, frame, cards, outlook) for frame in frames)
        + sum(_written(talk.plan, frame, cards, outlook) for frame, _ in analyses),
        sum(bound for _, bound in (*coming, *analyses)),
    )
    slots = []
    for slot in layer.slots:
        bare = lay_around(talk, slot, layer.pack, block, around)
        known = estimate_of_messages(bare)
        tokens_in = unwritten + Band(known, known, bound_of_messages(bare))
        one = _one_call(slot, tokens_in, cards, outlook)
        times = layer.times(slot)
        again = Figures()
        if layer.judges:
            again = _asked_again(slot, tokens_in, cards, outlook)
            again = again.times(asked_again(layer, times))
        card = cards.get(slot.model)
        provider = "" if card is None else card.provider
        count = slot.samples if layer.contest is None else times
        slots.append(
            SlotEstimate(slot, count, provider, known, len(coming), one, again=again)
        )
    slots += _refining(talk, layer, cards, outlook)
    return LayerEstimate(layer, _together(layer, slots, outlook), tuple(slots))


def _refining(
    talk: Talk, layer: Layer, cards: Cards, outlook: Outlook
) -> Iterator[SlotEstimate]:
    """The refinements of a layer, those of a slot that read as much together."""
    for slot, count, coming in refinements_of(layer, cards):
        frames = [frame for frame, _ in coming]
        block = block_of(frames, layer.pack, seed="", wording=REFINING)
        bare = lay_around(talk, slot, layer.pack, block, REFINING)
        known = estimate_of_messages(bare)
        unwritten = Band.of(
            len(coming),
            sum(_shown(talk.plan, layer, frame, cards, outlook) for frame in frames),
            sum(bound for _, bound in coming),
        )
        tokens_in = unwritten + Band(known, known, bound_of_messages(bare))
        one = _one_call(slot, tokens_in, cards, outlook)
        card = cards.get(slot.model)
        provider = "" if card is None else card.provider
        yield SlotEstimate(slot, count, provider, known, len(coming), one, refines=True)


def _shown(
    plan: Plan, reader: Layer, frame: Reference, cards: Cards, outlook: Outlook
) -> int:
    """How many tokens of a draft not yet written a reader is likely to be shown."""
    written = _written(plan, frame, cards, outlook)
    if reader.pack.max_chars is None:
        return written
    return min(written, estimate_of_bytes(reader.pack.max_chars))


def _written(plan: Plan, frame: Reference, cards: Cards, outlook: Outlook) -> int:
    slot = layer_of(plan, frame.key.layer).slot(frame.key.label)
    return min(
        outlook.habit(slot.model).tokens_shown, max_tokens(slot, cards, slot.model)
    )


def _asked_again(
    slot: Slot, tokens_in: Band, cards: Cards, outlook: Outlook
) -> Figures:
    """A judge's reply at most: it cannot be read, and the judge is asked once more."""
    more = repair_tokens(slot, cards)
    again = _one_call(slot, tokens_in + Band(more, more, more), cards, outlook)
    return Figures(
        cost=Band(ceiling=again.cost.ceiling),
        tokens_in=Band(ceiling=again.tokens_in.ceiling),
        tokens_out=Band(ceiling=again.tokens_out.ceiling),
        took_ms=Band(ceiling=again.took_ms.ceiling),
    )


def _one_call(slot: Slot, tokens_in: Band, cards: Cards, outlook: Outlook) -> Figures:
    habit, limit = outlook.habit(slot.model), max_tokens(slot, cards, slot.model)
    longest = max(max_tokens(slot, cards, alias) for alias in slot.aliases)
    tokens_out = Band(1, min(habit.tokens_out, limit), longest)
    took = Band.of(
        _took_ms(habit, tokens_out.low),
        _took_ms(habit, tokens_out.likely),
        max(
            _took_ms(outlook.habit(alias), max_tokens(slot, cards, alias))
            for alias in slot.aliases
        ),
    )
    return Figures(
        calls=1,
        cost=_cost(slot, tokens_in, tokens_out, cards),
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        took_ms=took if slot.timeout_s is None else capped(took, slot.timeout_s),
    )


def _cost(slot: Slot, tokens_in: Band, tokens_out: Band, cards: Cards) -> Band:
    ceiling = call_ceiling(slot, cards, tokens_in.ceiling)
    if ceiling is None:
        return Band()
    price = price_of(cards, slot.model)
    if price is None:
        return Band(0, 0, ceiling)
    low = price.cost(Usage(tokens_in.low, tokens_out=tokens_out.low))
    likely = price.cost(Usage(tokens_in.likely, tokens_out=tokens_out.likely))
    return Band.of(low, likely, ceiling)


def _took_ms(habit: Habit, tokens: int) -> int:
    return round(1000 * (habit.first_s + tokens / habit.tokens_a_second))


def _together(layer: Layer, calls: Sequence[SlotEstimate], outlook: Outlook) -> Figures:
    total = Figures()
    for each in calls:
        total += each.one.times(each.count) + each.again
    return replace(total, took_ms=_took_of(layer, calls, outlook))


def _took_of(layer: Layer, calls: Sequence[SlotEstimate], outlook: Outlook) -> Band:
    """The samples side by side, then each slot's refinements one after the other."""
    sampled = [
        Turn(each.provider, each.count, _with_repair(layer, each))
        for each in calls
        if not each.refines
    ]
    chains: dict[str, Turn] = {}
    for each in calls:
        if each.refines:
            turn = Turn(each.provider, 1, each.one.took_ms.times(each.count))
            chains[each.slot.label] = turn.after(chains.get(each.slot.label))
    took = layer_took(layer, sampled, tuple(chains.values()), outlook.parallel)
    return capped(took, layer.timeout_s)


def _with_repair(layer: Layer, part: SlotEstimate) -> Band:
    """How long a call takes, at most with what is asked again of a judge."""
    again = part.again.took_ms.ceiling // max(1, asked_again(layer, part.count))
    return part.one.took_ms + Band(ceiling=again)
