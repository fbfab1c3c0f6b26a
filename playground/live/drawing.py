"""Geometry of the mixture's drawings: wires in the flow strip, thumbnails on cards.

One diagram language: a ring is the prompt, squares are slots, the filled one answers.
All numbers become SVG attributes; pages have no style attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from playground.engine.plan import DraftKey, Layer, Plan, Slot
from playground.engine.routes import Side
from playground.engine.ways import before, ways
from playground.live.chips import hue_of

ROWS = 3
_STRIP_MIDDLE = 36
_STRIP_GAP = 64
_MINI_STEP = 10
_MINI_COLUMN = 42
_MINI_SIDE = 7
# A thumbnail shows a shape: of a crowd it shows as many as one can still tell apart.
_MINI_MOST = 16


@dataclass(frozen=True, slots=True)
class Wire:
    """A line from what was written to who reads it; `due` while it is not there yet."""

    d: str
    hue: str = ""
    due: bool = False
    start: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class WireEnd:
    """Where a wire of the strip begins or ends: a height, and what is there."""

    height: int
    key: str
    hue: str = ""
    due: bool = False


@dataclass(frozen=True, slots=True)
class Square:
    """A slot in a thumbnail."""

    x: float
    y: float
    side: float
    hue: str
    answer: bool


@dataclass(frozen=True, slots=True)
class Mini:
    """A whole recipe in a thumbnail."""

    width: int
    height: int
    ring_y: float
    wires: tuple[Wire, ...]
    squares: tuple[Square, ...]


def row_heights(seats: int) -> list[int]:
    """The middle of each seat in the strip's 72 px; from the fourth on, rows repeat."""
    if seats <= 1:
        return [_STRIP_MIDDLE] * seats
    if seats == ROWS - 1:
        return [24, 48]
    return [12 + 24 * (seat % ROWS) for seat in range(seats)]


def curve(start: float, end: float) -> str:
    """A wire of the strip, from one height to another."""
    if start == end:
        return f"M0 {start}H{_STRIP_GAP}"
    half = _STRIP_GAP // 2
    return f"M0 {start}C{half} {start} {half} {end} {_STRIP_GAP} {end}"


def strip_wires(sources: Sequence[WireEnd], targets: Sequence[WireEnd]) -> list[Wire]:
    """Wires from each source to each target; one wire for all that lie on each other."""
    shared: dict[tuple[int, int], list[tuple[WireEnd, WireEnd]]] = {}
    for source in sources:
        for target in targets:
            place = (source.height, target.height)
            shared.setdefault(place, []).append((source, target))
    return [
        Wire(
            curve(*place),
            ends[-1][0].hue,
            ends[-1][0].due,
            start=_keys(source for source, _ in ends),
            end=_keys(target for _, target in ends),
        )
        for place, ends in shared.items()
    ]


def _keys(ends: Iterable[WireEnd]) -> str:
    return " ".join(dict.fromkeys(end.key for end in ends))


def slot_hue(layer: Layer, slot: Slot) -> str:
    """The hue of a slot; who alone writes the answer has one of its own."""
    if layer.kind == "aggregate" and len(layer.slots) == 1:
        return "z"
    return hue_of(slot.label, layer.slots.index(slot))


def mini_of(plan: Plan) -> Mini:
    """The thumbnail of a plan: a column for each layer, a square for each draft."""
    frame = _Frame.of(plan)
    columns = {each.index: _squares(plan, each, frame) for each in plan.layers}
    wires: dict[Wire, None] = {}
    for way in ways(plan):
        for layer in way.layers:
            wires |= dict.fromkeys(_mini_wires(way, layer, columns, frame.height / 2))
    squares = tuple(square for column in columns.values() for square in column)
    return Mini(
        8 + _MINI_COLUMN * frame.columns + _MINI_SIDE,
        frame.height,
        frame.height / 2,
        tuple(wires),
        squares,
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    """The thumbnail's height, that of the branch above, and how many columns it has."""

    height: int
    above: int
    columns: int

    @classmethod
    def of(cls, plan: Plan) -> _Frame:
        """Branches lie on each other, so their heights add up."""
        tall: dict[Side | None, int] = {None: 0, "above": 0, "below": 0}
        for layer in plan.layers:
            squares = len(_seated(layer)[:_MINI_MOST]) or 1
            tall[layer.side] = max(tall[layer.side], squares * _MINI_STEP)
        forked = tall["above"] + tall["below"]
        width = max(len(way.layers) for way in ways(plan))
        return cls(max(30, tall[None], forked), tall["above"], width)

    def span(self, side: Side | None) -> tuple[int, int]:
        """From where to where a layer may reach."""
        if side is None:
            return 0, self.height
        return (0, self.above) if side == "above" else (self.above, self.height)

    def column(self, plan: Plan, layer: Layer) -> int:
        """In which column a layer stands: what follows a route stands behind both."""
        places = [
            [each.index for each in way.layers].index(layer.index)
            for way in ways(plan)
            if layer in way.layers
        ]
        return 1 + max(places)


def _seated(layer: Layer) -> Sequence[DraftKey]:
    """What has a square: each draft, but of judges who rank each judge."""
    if layer.contest is None:
        return layer.drafts()
    return [DraftKey(layer.index, slot.label, 1) for slot in layer.slots]


def _squares(plan: Plan, layer: Layer, frame: _Frame) -> list[Square]:
    last = any(layer is way.layers[-1] for way in ways(plan))
    x = frame.column(plan, layer) * _MINI_COLUMN
    start, end = frame.span(layer.side)
    if layer.kind in ("vote", "route"):
        middle = start + (end - start - _MINI_SIDE) / 2
        return [Square(x, middle, _MINI_SIDE, "z", answer=last)]
    keys = _seated(layer)[:_MINI_MOST]
    top = start + (end - start - len(keys) * _MINI_STEP) / 2
    return [
        Square(
            x=x,
            y=top + row * _MINI_STEP + (_MINI_STEP - _MINI_SIDE) / 2,
            side=_MINI_SIDE,
            hue=slot_hue(layer, layer.slot(key.label)),
            answer=last and _answers(plan, layer, key),
        )
        for row, key in enumerate(keys)
    ]


def _answers(plan: Plan, layer: Layer, key: DraftKey) -> bool:
    """True for a draft that is to be the answer, or that one of its samples."""
    own = next(way for way in ways(plan) if layer is way.layers[-1])
    planned = own.planned_answer()
    if planned is None or key.label != planned.label:
        return False
    return layer.window is None or key == planned


def _mini_wires(
    way: Plan, layer: Layer, columns: dict[int, list[Square]], middle: float
) -> list[Wire]:
    column, earlier = columns[layer.index], before(way, layer)
    if not earlier:
        return _straight([(6.0, middle, "")], column)
    # A line from the ring past earlier layers would cross them: only the first has it.
    reads = layer.sees != "none" or earlier[-1].route is not None
    first = 0 if layer.sees == "all" else len(earlier) - 1
    sources = [
        (square.x + square.side, square.y + square.side / 2, square.hue)
        for each in (earlier[first:] if reads else ())
        for square in columns[each.index]
    ]
    return _straight(sources, column)


def _straight(
    sources: Sequence[tuple[float, float, str]], column: list[Square]
) -> list[Wire]:
    return [
        Wire(f"M{x:g} {y:g}L{square.x:g} {square.y + square.side / 2:g}", hue)
        for x, y, hue in sources
        for square in column
    ]
