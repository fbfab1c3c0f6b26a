"""The ways that a run may go through a plan. Without a route there is one: the plan.

A way is a plan with the layers of one branch alone; each keeps the number that it has in
the recipe, so on a way a layer is found by its number, not by its position.
"""

from __future__ import annotations

from dataclasses import replace

from playground.engine.routes import SIDES, Side
from playground.engine.shapes import Layer, Plan


def way(plan: Plan, side: Side) -> Plan:
    """The plan as it is when this branch is taken."""
    layers = (layer for layer in plan.layers if layer.side in (None, side))
    return replace(plan, layers=tuple(layers))


def ways_of(plan: Plan) -> dict[Side | None, Plan]:
    """Every way through a plan, by the branch that it takes."""
    if all(layer.route is None for layer in plan.layers):
        return {None: plan}
    return {side: way(plan, side) for side in SIDES}


def ways(plan: Plan) -> tuple[Plan, ...]:
    """Every way through a plan, the one above first."""
    return tuple(ways_of(plan).values())


def layer_of(plan: Plan, index: int) -> Layer:
    """The layer with this number."""
    return next(layer for layer in plan.layers if layer.index == index)


def before(way: Plan, layer: Layer) -> tuple[Layer, ...]:
    """The layers that are gone through before this one, in order."""
    return way.layers[: _place(way, layer)]


def following(way: Plan, layer: Layer) -> Layer | None:
    """The layer that is gone through next; None after the last."""
    return next(iter(way.layers[_place(way, layer) + 1 :]), None)


def longest(plan: Plan) -> int:
    """The most layers that a run goes through that write something, or vote on it."""
    counts = (
        sum(layer.writes or layer.election is not None for layer in each.layers)
        for each in ways(plan)
    )
    return max(counts)


def call_range(plan: Plan) -> tuple[int, int]:
    """The fewest and the most calls of a run in which nothing fails."""
    counts = [each.call_count() for each in ways(plan)]
    return min(counts), max(counts)


def _place(way: Plan, layer: Layer) -> int:
    return next(at for at, each in enumerate(way.layers) if each.index == layer.index)
