"""The columns of a run's strip, those of a route's branches in two lanes."""

from __future__ import annotations

from dataclasses import dataclass

from playground.engine.routes import SIDES, Side
from playground.live.drawing import Wire
from playground.live.figures import RunView
from playground.live.sections import LayerView

Column = tuple[LayerView, list[Wire]]


@dataclass(frozen=True, slots=True)
class Lane:
    """A branch: its name, and its columns."""

    side: Side
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    """What stands before the branches, they themselves, and what follows; a run without
    a route has no lanes. `wide` is how many columns the longer branch has."""

    before: tuple[Column, ...]
    lanes: tuple[Lane, ...] = ()
    after: tuple[Column, ...] = ()

    @property
    def wide(self) -> int:
        """How many columns the lanes need."""
        return max((len(lane.columns) for lane in self.lanes), default=0)


def strip_of(view: RunView) -> Strip:
    """The strip of a run as it stands."""
    columns = [(layer, view.wires_into(layer.index)) for layer in view.layers]
    if not view.layers[0].is_route:
        return Strip(tuple(columns))
    lanes = tuple(
        Lane(side, tuple(each for each in columns if each[0].plan.side == side))
        for side in SIDES
    )
    after = tuple(each for each in columns[1:] if not each[0].is_lane)
    return Strip((columns[0],), lanes, after)
