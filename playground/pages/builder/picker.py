"""The models that a slot can have: what they cost, how fast this team found them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from playground.accounts.models import Team
from playground.catalog.models import ModelCard, Price
from playground.catalog.queries import all_cards, newest_price
from playground.pages.builder.wiring import hue
from playground.recipes.outline import LayerOutline
from playground.runs.queries import answers_in

_LEAST_MS = 50
_BAR = 56


@dataclass(frozen=True, slots=True)
class Speed:
    """Medians over a team's past calls of one model."""

    tokens_a_second: float | None
    first_ms: int
    calls: int


@dataclass(frozen=True, slots=True)
class Chip:
    """Where a model sits already."""

    layer: int
    label: str
    hue: str


@dataclass(frozen=True, slots=True)
class Option:
    """A row of the picker; without a card, the model is not in the catalogue."""

    alias: str
    chosen: bool
    card: ModelCard | None = None
    price: Price | None = None
    speed: Speed | None = None
    bar: float = 0
    chips: tuple[Chip, ...] = ()

    @property
    def free(self) -> bool:
        """True when it has a price, and that is nothing."""
        return self.price is not None and not self.price.input and not self.price.output

    @property
    def reads(self) -> str:
        """Dollars per million tokens read."""
        return per_million(self.price.input) if self.price else ""

    @property
    def writes(self) -> str:
        """Dollars per million tokens written."""
        return per_million(self.price.output) if self.price else ""

    @property
    def context(self) -> str:
        """How much it can hold, in thousands of tokens."""
        if self.card is None:
            return ""
        return f"{self.card.context / 1000:,.0f}k"


def per_million(amount: Decimal) -> str:
    """A price with cents at least: `0.15`, `15.00`, `0.075`."""
    if not amount:
        return "free"
    cents = amount.quantize(Decimal("0.01"))
    return f"{cents if cents == amount else amount.normalize():f}"


def options(team: Team, layers: Sequence[LayerOutline], chosen: str) -> list[Option]:
    """Every model of the catalogue, and the chosen one even when it is in none."""
    speeds, seats = team_speeds(team), _seats(layers)
    fastest = max((each.tokens_a_second or 0 for each in speeds.values()), default=0)
    rows = [
        Option(
            alias=card.alias,
            chosen=card.alias == chosen,
            card=card,
            price=newest_price(card),
            speed=(speed := speeds.get(card.alias)),
            bar=_bar(speed, fastest),
            chips=tuple(seats.get(card.alias, ())),
        )
        for card in all_cards()
    ]
    if chosen and all(row.alias != chosen for row in rows):
        chips = tuple(seats.get(chosen, ()))
        rows.insert(0, Option(chosen, chosen=True, chips=chips))
    return rows


def team_speeds(team: Team) -> dict[str, Speed]:
    """How fast each model was in the team's newest runs, by alias."""
    calls: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for each in answers_in(team):
        calls[each.alias].append((each.first_ms, each.wrote_ms, each.tokens))
    return {alias: _speed(rows) for alias, rows in calls.items()}


def _speed(rows: list[tuple[int, int, int]]) -> Speed:
    # A draft that came in one piece says nothing about tokens per second.
    rates = [tokens * 1000 / wrote for _, wrote, tokens in rows if wrote >= _LEAST_MS]
    return Speed(
        tokens_a_second=median(rates) if rates else None,
        first_ms=round(median(first for first, _, _ in rows)),
        calls=len(rows),
    )


def _bar(speed: Speed | None, fastest: float) -> float:
    if speed is None or not speed.tokens_a_second or not fastest:
        return 0
    return round(_BAR * speed.tokens_a_second / fastest, 1)


def _seats(layers: Sequence[LayerOutline]) -> Mapping[str, list[Chip]]:
    found: dict[str, list[Chip]] = defaultdict(list)
    for layer in layers:
        for slot in layer.slots:
            found[slot.model].append(Chip(layer.number, slot.label, hue(layer, slot)))
    return found
