"""How long a layer takes when its calls begin as soon as places let them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heapreplace

from playground.engine.figures import Band
from playground.engine.shapes import Layer


@dataclass(frozen=True, slots=True)
class Turn:
    """So many calls that take as long each, all of one provider."""

    provider: str
    count: int
    took_ms: Band

    def after(self, other: Turn | None) -> Turn:
        """This one once another is over, as one turn."""
        if other is None:
            return self
        return replace(self, took_ms=self.took_ms + other.took_ms)


def layer_took(
    layer: Layer,
    sampled: Sequence[Turn],
    chains: Sequence[Turn],
    parallel: Mapping[str, int],
) -> Band:
    """Milliseconds of one layer; `chains` begin when its samples are in.

    Low and likely end with the quorum and its grace, the ceiling with the last call.
    """
    if not sampled:
        return Band()
    low, likely, ceiling = (
        _ends(layer, sampled, pick, parallel) for pick in (_low, _likely, _ceiling)
    )
    enough = -1 if layer.quorum is None else layer.quorum - 1
    grace = 0 if layer.quorum is None else round(layer.grace_s * 1000)
    first, usual = (min(ends[enough] + grace, ends[-1]) for ends in (low, likely))
    took = Band.of(first, usual, ceiling[-1])
    if not chains:
        return took
    return took + Band.of(
        *(
            _ends(layer, chains, pick, parallel)[-1]
            for pick in (_low, _likely, _ceiling)
        )
    )


def capped(took: Band, seconds: float) -> Band:
    """A time that ends at a limit."""
    most = round(seconds * 1000)
    return Band(min(took.low, most), min(took.likely, most), min(took.ceiling, most))


def _low(band: Band) -> int:
    return band.low


def _likely(band: Band) -> int:
    return band.likely


def _ceiling(band: Band) -> int:
    return band.ceiling


def _ends(
    layer: Layer,
    turns: Iterable[Turn],
    pick: Callable[[Band], int],
    parallel: Mapping[str, int],
) -> list[int]:
    """When each call ends, in order, if it begins as soon as layer and provider let it.

    Where judges wait for each other, step follows step.
    """
    steps = 1 if layer.contest is None else layer.contest.steps
    waiting = [
        (turn.provider, pick(turn.took_ms))
        for turn in turns
        for _ in range(turn.count // steps)
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
    return sorted(step * max(ends) + end for step in range(steps) for end in ends)
