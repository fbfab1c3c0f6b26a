"""Geometry of the mixture's drawings: wires in the flow strip, thumbnails on cards.

One diagram language: a ring is the prompt, squares are slots, the filled one answers.
All numbers become SVG attributes; pages have no style attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from playground.engine.plan import Layer, Plan, Slot
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
    tallest = max(len(layer.drafts()[:_MINI_MOST]) for layer in plan.layers)
    height = max(30, tallest * _MINI_STEP)
    columns = [_squares(plan, layer, height) for layer in plan.layers]
    wires: list[Wire] = []
    for layer, column in zip(plan.layers, columns, strict=True):
        wires += _mini_wires(layer, column, columns, height / 2)
    width = 8 + _MINI_COLUMN * len(plan.layers) + _MINI_SIDE
    squares = tuple(square for column in columns for square in column)
    return Mini(width, height, height / 2, tuple(wires), squares)


def _squares(plan: Plan, layer: Layer, height: int) -> list[Square]:
    last = layer is plan.layers[-1]
    if layer.kind == "vote":
        side = _MINI_SIDE
        middle = (height - side) / 2
        return [Square(layer.index * _MINI_COLUMN, middle, side, "z", answer=last)]
    keys = layer.drafts()[:_MINI_MOST]
    labels = [slot.label for slot in layer.slots]
    top = (height - len(keys) * _MINI_STEP) / 2
    return [
        Square(
            x=layer.index * _MINI_COLUMN,
            y=top + row * _MINI_STEP + (_MINI_STEP - _MINI_SIDE) / 2,
            side=_MINI_SIDE,
            hue=slot_hue(layer, layer.slot(key.label)),
            answer=last and key.label == (layer.primary or labels[0]),
        )
        for row, key in enumerate(keys)
    ]


def _mini_wires(
    layer: Layer, column: list[Square], columns: list[list[Square]], middle: float
) -> list[Wire]:
    if layer.sees == "none" or layer.index == 1:
        # A line from the ring past earlier layers would cross them: only the first has it.
        ring = [(6.0, middle, "")] if layer.index == 1 else []
        return _straight(ring, column)
    first = 0 if layer.sees == "all" else layer.index - 2
    sources = [
        (square.x + square.side, square.y + square.side / 2, square.hue)
        for earlier in columns[first : layer.index - 1]
        for square in earlier
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
