"""The estimate of a run as pages show it: three figures with a bar each, and its grounds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from playground.accounts.models import Team
from playground.engine.advice import Advice, advise
from playground.engine.errors import RecipeError
from playground.engine.estimates import ASSUMED, Band, Figures, Habit
from playground.engine.plan import Layer, Plan, parse
from playground.engine.routes import Side
from playground.engine.ways import longest
from playground.pages.choices import A_HUNDRED_WORDS
from playground.runs.estimates import reckon_run
from playground.web.formats import count, counted, listed, money, seconds

_WIDTH = 100.0
# Named one by one up to here; of more only the number is said.
_MOST_NAMED = 4


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
    """A layer's part of the estimate; `why` it makes so many calls, where judges rank."""

    name: str
    calls: int
    gauges: tuple[Gauge, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class BranchRow:
    """What a run comes to that takes this branch; `foreseen` when rules say that it will."""

    side: Side
    calls: int
    cost: str
    foreseen: bool


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run will come to, and what that rests on."""

    layers: int
    calls: tuple[int, int]
    gauges: tuple[Gauge, ...]
    rows: tuple[LayerRow, ...]
    grounds: str
    unpriced: str
    advice: tuple[Advice, ...]
    overflows: tuple[str, ...]
    branches: tuple[BranchRow, ...] = ()

    @property
    def remarks(self) -> int:
        """How much there is to say of it."""
        return len(self.advice) + len(self.overflows)

    @property
    def first_remark(self) -> str:
        """What one reads of it while it is folded."""
        told = (*self.overflows, *(each.text for each in self.advice))
        return told[0] if told else ""

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
        layers=longest(plan),
        calls=(reckoned.least_calls, reckoned.total.calls),
        gauges=_gauges(reckoned.total),
        rows=tuple(
            LayerRow(
                _name(each.layer),
                each.figures.calls,
                _gauges(each.figures),
                _why_so_many(each.layer),
            )
            for each in reckoned.layers
        ),
        grounds=_grounds(reckoning.habits),
        unpriced=_named(reckoned.unpriced),
        advice=advise(plan, prompt),
        overflows=tuple(map(str, reckoning.overflows)),
        branches=tuple(
            BranchRow(
                side,
                figures.calls,
                money(figures.cost.likely),
                foreseen=side == reckoned.foreseen,
            )
            for side, figures in reckoned.ways.items()
        ),
    )


def _name(layer: Layer) -> str:
    return f"{layer.name}, {layer.side}" if layer.side else layer.name


def forecast_unasked(
    team: Team, document: Mapping[str, object], *, to_come: Collection[str] = ()
) -> Forecast | None:
    """The forecast of a recipe on a prompt of a hundred words; None while it cannot run.

    Layers at the paths `to_come` stand for some that are not there yet: nothing is
    advised of them.
    """
    try:
        plan = parse(document)
    except RecipeError:
        return None
    forecast = forecast_of(team, plan, A_HUNDRED_WORDS, {})
    if not to_come:
        return forecast
    there = tuple(layer for layer in plan.layers if layer.path not in to_come)
    return replace(
        forecast, advice=advise(replace(plan, layers=there), A_HUNDRED_WORDS)
    )


def _why_so_many(layer: Layer) -> str:
    """What the calls of a rank layer are about."""
    contest = layer.contest
    if contest is None:
        return ""
    drafts, judges = contest.most, sum(slot.samples for slot in layer.slots)
    told = {
        "bubble": f"2 times {drafts - 1} for one pass over {drafts} drafts, in both orders",
        "listwise": f"one list of {drafts} drafts",
        "score": f"one for each of {drafts} drafts",
    }
    pairs = (
        f"{drafts} times {drafts - 1} for every two of {drafts} drafts, in both orders"
    )
    each = told.get(contest.combine or contest.method, pairs)
    return each if judges == 1 else f"{each}, from each of {judges} judges"


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
