"""A route on a run's page: its decision, its branches in the strip, and what is not taken."""

from __future__ import annotations

from dataclasses import dataclass

from playground.engine.routes import LEAST_SCORE, MOST_SCORE, Route, Routing, Side

# In the strip a branch has half of its height, and one row of seats.
LANE_SEAT = 36
_LANE_HEIGHT, _HEAD = 48, 24
_FULL = 100.0


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule of the route as the page lists it."""

    number: int
    words: str
    score: str
    decided: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """The score and the threshold on a line, as percentages of its width."""

    low: str
    high: str
    threshold: float
    score: float

    @property
    def rest(self) -> float:
        """How wide the part is that goes above."""
        return round(_FULL - self.threshold, 1)


def rules_of(route: Route, routing: Routing | None) -> tuple[RuleRow, ...]:
    """Its rules in order, with the one that decided."""
    decided = routing.rule if routing else None
    return tuple(
        RuleRow(number, rule.words, f"{rule.score:g}", number == decided)
        for number, rule in enumerate(route.rules, start=1)
    )


def scale_of(route: Route, routing: Routing | None) -> Scale | None:
    """Where score and threshold are among all scores there may be; None without a score."""
    if routing is None or routing.score is None:
        return None
    scores = [rule.score for rule in route.rules] or [LEAST_SCORE, MOST_SCORE]
    ends = (*scores, routing.score, route.threshold, *([0] if route.rules else []))
    low, high = min(ends), max(ends)
    width = high - low or 1
    return Scale(
        f"{low:g}",
        f"{high:g}",
        round(_FULL * (route.threshold - low) / width, 1),
        round(_FULL * (routing.score - low) / width, 1),
    )


def brief_of(routing: Routing) -> str:
    """`5 ≥ 3`, for the strip."""
    if routing.score is None:
        return "no score"
    sign = "\N{GREATER-THAN OR EQUAL TO}" if routing.side == "above" else "<"
    return f"{routing.score:g} {sign} {routing.threshold:g}"


def gist_of(route: Route) -> str:
    """What a route does, in two sentences."""
    who = "A model scores" if route.by == "model" else "Rules score"
    return (
        f"{who} the last prompt. At or over {route.threshold:g} the run goes above, "
        "under it below."
    )


def seen_from(height: int, *, source: Side | None, target: Side | None) -> int:
    """A height in one column of the strip as the next one counts: branches are halves.

    A trunk's column counts from below its name, a branch's from its own upper edge.
    """
    absolute = height + _top(source)
    return absolute - _top(target)


def _top(side: Side | None) -> int:
    return {None: _HEAD, "above": 0, "below": _LANE_HEIGHT}[side]
