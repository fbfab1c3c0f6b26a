"""How long a run of this recipe usually takes, from the team's last runs of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median, quantiles

from playground.runs.models import Run
from playground.runs.queries import Past, PastCall, past_of
from playground.web.formats import seconds

# Below this many runs, "usually" would be a big word.
_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class Pace:
    """Medians of one draft's calls, in ms."""

    first_ms: int
    took_ms: int


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual, as far as it is known. All times in ms."""

    took: tuple[int, int] | None = None
    paces: Mapping[tuple[str, str], Pace] = field(default_factory=dict)
    layers: Mapping[int, int] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """`31.0 to 42.0 s`: the middle half of the runs; empty where that is not known."""
        if self.took is None:
            return ""
        low, high = (seconds(each) for each in self.took)
        return high if low == high else f"{low.removesuffix(' s')} to {high}"

    def pace(self, key: str, alias: str) -> Pace | None:
        """The pace of the model in this place; None where too little is known."""
        return self.paces.get((key, alias))


NOT_KNOWN = Usual()


def usual_of(run: Run) -> Usual:
    """What is usual for a run. Reads the database twice, however many runs there were."""
    return usual_from(past_of(run))


def usual_from(past: Past) -> Usual:
    """The medians of what is past."""
    if len(past.took_ms) < _ENOUGH:
        return NOT_KNOWN
    low, _, high = quantiles(past.took_ms, n=4, method="inclusive")
    return Usual(
        took=(round(low), round(high)),
        paces=_paces(past.calls),
        layers=_layers(past.calls),
    )


def _paces(calls: Iterable[PastCall]) -> dict[tuple[str, str], Pace]:
    grouped: dict[tuple[str, str], list[PastCall]] = {}
    for call in calls:
        grouped.setdefault((call.key, call.alias), []).append(call)
    return {
        place: Pace(
            round(median(call.first_ms for call in made)),
            round(median(call.ended_ms - call.opened_ms for call in made)),
        )
        for place, made in grouped.items()
        if len(made) >= _ENOUGH
    }


def _layers(calls: Iterable[PastCall]) -> dict[int, int]:
    """By layer, the median time from its first call to the end of its last."""
    spans: dict[tuple[int, object], list[int]] = {}
    for call in calls:
        layer = int(call.key.partition(".")[0])
        span = spans.setdefault((layer, call.run), [call.opened_ms, call.ended_ms])
        span[0], span[1] = min(span[0], call.opened_ms), max(span[1], call.ended_ms)
    took: dict[int, list[int]] = {}
    for (layer, _), (opened, ended) in spans.items():
        took.setdefault(layer, []).append(ended - opened)
    return {layer: round(median(each)) for layer, each in took.items()}
