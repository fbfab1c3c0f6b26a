"""The order in which an earlier rank layer has put what a layer is given."""

from __future__ import annotations

from playground.engine.rankings import Ranking
from playground.engine.state import LayerState, RunState


def best_first(state: RunState, layer: LayerState) -> tuple[str, ...]:
    """What a layer was given, as the last rank layer before it put it in order.

    What that layer did not rank comes behind, as it was given.
    """
    for earlier in reversed(state.layers):
        verdict = earlier.closed.verdict if earlier.closed else None
        if isinstance(verdict, Ranking) and earlier.layer.index < layer.layer.index:
            places = {each.key: n for n, each in enumerate(verdict.standings)}
            last = len(places)
            return tuple(sorted(layer.inputs, key=lambda key: places.get(key, last)))
    return layer.inputs
