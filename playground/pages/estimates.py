"""The estimate of a run as pages show it: three figures with a bar each, and its grounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from playground.accounts.models import Team
from playground.engine.advice import Advice, advise
from playground.engine.errors import RecipeError
from playground.engine.estimates import ASSUMED, Band, Figures, Habit
from playground.engine.plan import Plan, parse
from playground.runs.estimates import reckon_run
from playground.web.formats import count, counted, listed, money, seconds

_WIDTH = 100.0
# Named one by one up to here; of more only the number is said.
_MOST_NAMED = 4
_A_HUNDRED_WORDS = " ".join(["words"] * 100)


@dataclass(frozen=True, slots=True)
class Gauge:
    """A band in words, and where its marks stand on a line that ends at the ceiling."""

    name: str
    unit: str
    low: str
    likely: str
    ceiling: str
    start: float
    mark: float

    @property
    def width(self) -> float:
        """How long the bar is."""
        return round(_WIDTH - self.start, 1)


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A layer's part of the estimate."""

    name: str
    calls: int
    gauges: tuple[Gauge, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run will come to, and what that rests on."""

    layers: int
    calls: int
    gauges: tuple[Gauge, ...]
    rows: tuple[LayerRow, ...]
    grounds: str
    unpriced: str
    advice: tuple[Advice, ...]
    overflows: tuple[str, ...]

    @property
    def cost(self) -> Gauge:
        """The money."""
        return self.gauges[0]

    @property
    def time(self) -> Gauge:
        """The seconds."""
        return self.gauges[1]


def forecast_of(
    team: Team, plan: Plan, prompt: str, variables: Mapping[str, object]
) -> Forecast:
    """The forecast of a run of `plan` by a team."""
    reckoning = reckon_run(team, plan, prompt, variables)
    reckoned = reckoning.estimate
    return Forecast(
        layers=len(plan.layers),
        calls=reckoned.total.calls,
        gauges=_gauges(reckoned.total),
        rows=tuple(
            LayerRow(each.layer.name, each.figures.calls, _gauges(each.figures))
            for each in reckoned.layers
        ),
        grounds=_grounds(reckoning.habits),
        unpriced=_named(reckoned.unpriced),
        advice=advise(plan, prompt),
        overflows=tuple(map(str, reckoning.overflows)),
    )


def forecast_unasked(team: Team, document: Mapping[str, object]) -> Forecast | None:
    """The forecast of a recipe on a prompt of a hundred words; None while it cannot run."""
    try:
        plan = parse(document)
    except RecipeError:
        return None
    return forecast_of(team, plan, _A_HUNDRED_WORDS, {})


def _gauges(figures: Figures) -> tuple[Gauge, ...]:
    return (
        _gauge("cost", "likely", figures.cost, money),
        _gauge("time", "likely", figures.took_ms, seconds),
        _gauge("tokens in", "tokens in", figures.tokens_in, count),
        _gauge("tokens out", "tokens out", figures.tokens_out, count),
    )


def _gauge(name: str, unit: str, band: Band, written: Callable[[int], str]) -> Gauge:
    return Gauge(
        name=name,
        unit=unit,
        low=written(band.low),
        likely=written(band.likely),
        ceiling=written(band.ceiling),
        start=_place(band.low, band),
        mark=_place(band.likely, band),
    )


def _place(value: int, band: Band) -> float:
    return round(_WIDTH * value / band.ceiling, 1) if band.ceiling else 0.0


def _grounds(habits: Mapping[str, Habit]) -> str:
    """`Likely from 12 calls of fast. No history of slow: …`."""
    known = [alias for alias, habit in habits.items() if habit.calls]
    assumed = [alias for alias, habit in habits.items() if not habit.calls]
    told = []
    if known:
        each = [f"{counted(habits[alias].calls, 'call')} of {alias}" for alias in known]
        if len(known) > _MOST_NAMED:
            total = sum(habits[alias].calls for alias in known)
            each = [f"{counted(total, 'call')} of {len(known)} models"]
        told.append(f"Likely from {listed(each)}.")
    if assumed:
        told.append(
            f"No history of {_named(assumed)}: {ASSUMED.tokens_out} tokens, "
            f"{ASSUMED.tokens_a_second:.0f} a second, assumed."
        )
    return " ".join(told)


def _named(aliases: Sequence[str]) -> str:
    if len(aliases) > _MOST_NAMED:
        return f"{len(aliases)} models"
    return listed(list(aliases))
