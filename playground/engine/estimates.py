"""What a run will cost, read, write and take before it begins: low, likely, at most.

Low: every call reads what is known now, and writes one token. Likely: each model writes
as much and as fast as its habit is. At most: each call writes up to its limit, at its
dearest alternative; what is tried again comes on top.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heapreplace
from itertools import accumulate

from playground.engine.branches import NO_BRANCH
from playground.engine.ceilings import (
    Cards,
    call_ceiling,
    coming_to,
    max_tokens,
    price_of,
)
from playground.engine.messages import Message
from playground.engine.prompts import Reference, Talk, block_of, lay_around
from playground.engine.shapes import Layer, Plan, Slot
from playground.engine.tokens import (
    bound_of_messages,
    estimate_of_bytes,
    estimate_of_messages,
)
from playground.engine.usage import Usage


@dataclass(frozen=True, slots=True)
class Habit:
    """How a model has answered in the median of `calls`; none means: assumed.

    `tokens_out` were paid for, `tokens_shown` of them are read by the next layer: what
    a model thought is not.
    """

    tokens_out: int
    tokens_shown: int
    first_s: float
    tokens_a_second: float
    calls: int = 0


# 400 tokens is the mean of a proposal in the MoA paper's recorded outputs (805 prompts of
# AlpacaEval 2, arXiv 2406.04692); a second and forty a second are a hosted model's pace.
ASSUMED = Habit(400, 400, 1.0, 40.0)


@dataclass(frozen=True, slots=True)
class Band:
    """The least, what is likely, and the most of something, in this order."""

    low: int = 0
    likely: int = 0
    ceiling: int = 0

    @classmethod
    def of(cls, low: int, likely: int, ceiling: int) -> Band:
        """In order, whatever came in: a longer prompt may fall into a cheaper tier."""
        return cls(*accumulate((low, likely, ceiling), max))

    def __add__(self, other: Band) -> Band:
        return Band(
            self.low + other.low,
            self.likely + other.likely,
            self.ceiling + other.ceiling,
        )

    def times(self, count: int) -> Band:
        """So many of them."""
        return Band(self.low * count, self.likely * count, self.ceiling * count)


@dataclass(frozen=True, slots=True)
class Figures:
    """What some calls come to. Money in nano-dollars; calls without a price cost 0 here."""

    calls: int = 0
    cost: Band = Band()
    tokens_in: Band = Band()
    tokens_out: Band = Band()
    took_ms: Band = Band()

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.calls + other.calls,
            self.cost + other.cost,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.took_ms + other.took_ms,
        )


@dataclass(frozen=True, slots=True)
class SlotEstimate:
    """The calls of one slot: `one` of them, of which `known` tokens are there now."""

    slot: Slot
    provider: str
    known: int
    references: int
    one: Figures

    @property
    def in_all(self) -> int:
        """Tokens that its model is likely to hold at the end of a call."""
        return self.one.tokens_in.likely + self.one.tokens_out.likely


@dataclass(frozen=True, slots=True)
class LayerEstimate:
    """One layer's part; its time is that of its slowest way through."""

    layer: Layer
    figures: Figures
    slots: tuple[SlotEstimate, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A run before it begins. `unpriced` are the models whose calls the money leaves out."""

    layers: tuple[LayerEstimate, ...]
    total: Figures
    unpriced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of models beside their cards: habits by alias, places by provider."""

    habits: Mapping[str, Habit]
    parallel: Mapping[str, int]

    def habit(self, alias: str) -> Habit:
        """How the model answers; assumed where nobody knows."""
        return self.habits.get(alias, ASSUMED)


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
    layers = tuple(_of_layer(talk, layer, cards, outlook) for layer in plan.layers)
    total = sum((each.figures for each in layers), Figures())
    deadline = plan.limits.deadline_s
    if deadline is not None:
        total = replace(total, took_ms=_capped(total.took_ms, deadline))
    unpriced = (alias for alias in plan.aliases() if price_of(cards, alias) is None)
    return Estimate(layers, total, tuple(sorted(unpriced)))


def _of_layer(
    talk: Talk, layer: Layer, cards: Cards, outlook: Outlook
) -> LayerEstimate:
    coming = coming_to(talk.plan, layer, cards, NO_BRANCH)
    block = block_of([frame for frame, _ in coming], layer.pack, seed="")
    unwritten = Band.of(
        len(coming),
        sum(_shown(talk.plan, layer, frame, cards, outlook) for frame, _ in coming),
        sum(bound for _, bound in coming),
    )
    slots = []
    for slot in layer.slots:
        bare = lay_around(talk, slot, layer.pack, block)
        known = estimate_of_messages(bare)
        tokens_in = unwritten + Band(known, known, bound_of_messages(bare))
        one = _one_call(slot, tokens_in, cards, outlook)
        card = cards.get(slot.model)
        provider = "" if card is None else card.provider
        slots.append(SlotEstimate(slot, provider, known, len(coming), one))
    return LayerEstimate(layer, _together(layer, slots, outlook), tuple(slots))


def _shown(
    plan: Plan, reader: Layer, frame: Reference, cards: Cards, outlook: Outlook
) -> int:
    """How many tokens of a draft not yet written a reader is likely to be shown."""
    slot = plan.layers[frame.key.layer - 1].slot(frame.key.label)
    written = min(
        outlook.habit(slot.model).tokens_shown, max_tokens(slot, cards, slot.model)
    )
    if reader.pack.max_chars is None:
        return written
    return min(written, estimate_of_bytes(reader.pack.max_chars))


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
        took_ms=took if slot.timeout_s is None else _capped(took, slot.timeout_s),
    )


def _cost(slot: Slot, tokens_in: Band, tokens_out: Band, cards: Cards) -> Band:
    priced = [alias for alias in slot.aliases if price_of(cards, alias) is not None]
    if not priced:
        return Band()
    alone = replace(slot, model=priced[0], fallback=tuple(priced[1:]))
    ceiling = call_ceiling(alone, cards, tokens_in.ceiling) or 0
    price = price_of(cards, slot.model)
    if price is None:
        return Band(0, 0, ceiling)
    low = price.cost(Usage(tokens_in.low, tokens_out=tokens_out.low))
    likely = price.cost(Usage(tokens_in.likely, tokens_out=tokens_out.likely))
    return Band.of(low, likely, ceiling)


def _took_ms(habit: Habit, tokens: int) -> int:
    return round(1000 * (habit.first_s + tokens / habit.tokens_a_second))


def _capped(took: Band, seconds: float) -> Band:
    most = round(seconds * 1000)
    return Band(min(took.low, most), min(took.likely, most), min(took.ceiling, most))


def _together(layer: Layer, calls: Sequence[SlotEstimate], outlook: Outlook) -> Figures:
    total = Figures()
    for each in calls:
        one, count = each.one, each.slot.samples
        total += Figures(
            count,
            one.cost.times(count),
            one.tokens_in.times(count),
            one.tokens_out.times(count),
        )
    return replace(total, took_ms=_layer_took(layer, calls, outlook.parallel))


def _layer_took(
    layer: Layer, calls: Sequence[SlotEstimate], parallel: Mapping[str, int]
) -> Band:
    """Low and likely end with the quorum and its grace, the ceiling with the last call."""
    if not calls:
        return Band()
    took = [
        _ends(layer, ((each, each.one.took_ms.low) for each in calls), parallel),
        _ends(layer, ((each, each.one.took_ms.likely) for each in calls), parallel),
        _ends(layer, ((each, each.one.took_ms.ceiling) for each in calls), parallel),
    ]
    enough = -1 if layer.quorum is None else layer.quorum - 1
    grace = 0 if layer.quorum is None else round(layer.grace_s * 1000)
    low, likely = (min(ends[enough] + grace, ends[-1]) for ends in took[:2])
    return _capped(Band.of(low, likely, took[2][-1]), layer.timeout_s)


def _ends(
    layer: Layer,
    calls: Iterable[tuple[SlotEstimate, int]],
    parallel: Mapping[str, int],
) -> list[int]:
    """When each call ends, in order, if it begins as soon as layer and provider let it."""
    waiting = [
        (each.provider, ms) for each, ms in calls for _ in range(each.slot.samples)
    ]
    width = len(waiting)
    seats = [0] * min(layer.max_parallel or width, width)
    doors: dict[str, list[int]] = {}
    ends = []
    for provider, ms in waiting:
        places = max(1, min(parallel.get(provider, width), width))
        door = doors.setdefault(provider, [0] * places)
        end = max(seats[0], door[0]) + ms
        heapreplace(seats, end)
        heapreplace(door, end)
        ends.append(end)
    return sorted(ends)
