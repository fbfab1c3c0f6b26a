"""What an estimate is made of: habits of models, bands of figures, parts of layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from playground.engine.routes import Side
from playground.engine.shapes import Layer, Slot


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

    def times(self, count: int) -> Figures:
        """So many of them, one after the other."""
        return Figures(
            self.calls * count,
            self.cost.times(count),
            self.tokens_in.times(count),
            self.tokens_out.times(count),
            self.took_ms.times(count),
        )


@dataclass(frozen=True, slots=True)
class SlotEstimate:
    """`count` calls of one slot: `one` of them, of which `known` tokens are there now.

    The samples of a slot are one such group, and so are refinements that read as much.
    `again` is what replies that cannot be read may come to on top.
    """

    slot: Slot
    count: int
    provider: str
    known: int
    references: int
    one: Figures
    refines: bool = False
    again: Figures = Figures()

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
    """A run before it begins. `unpriced` are the models whose calls the money leaves out.

    `ways` are the totals of the branches of a route. Where its rules choose one for this
    prompt, `foreseen` names it and the total is its own; else `total` spans them all,
    likely what is likely on the dearer one, and counts the most calls.
    """

    layers: tuple[LayerEstimate, ...]
    total: Figures
    unpriced: tuple[str, ...]
    ways: Mapping[Side, Figures] = field(default_factory=dict)
    foreseen: Side | None = None
    least_calls: int = 0


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of models beside their cards: habits by alias, places by provider."""

    habits: Mapping[str, Habit]
    parallel: Mapping[str, int]

    def habit(self, alias: str) -> Habit:
        """How the model answers; assumed where nobody knows."""
        return self.habits.get(alias, ASSUMED)
