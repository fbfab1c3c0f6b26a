"""The chosen recipe beside the composer: who writes in which layer, and who reads whom."""

from __future__ import annotations

from dataclasses import dataclass

from playground.engine.plan import Layer, Plan, Slot
from playground.live.drawing import slot_hue

SEAT = 28
_WIDE = 100
# With more than this the thumbnail says it better.
MOST_LAYERS, MOST_SEATS = 3, 8
_DOING = {"draft": "draft", "rank": "rank", "aggregate": "answer", "vote": "vote"}
_VOTE = ("V", "z")


@dataclass(frozen=True, slots=True)
class Line:
    """A wire into a layer, from what is read."""

    d: str
    hue: str = ""


@dataclass(frozen=True, slots=True)
class Seat:
    """A slot: its letter, its hue, its model, how many drafts it writes."""

    label: str
    hue: str
    model: str
    samples: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A layer: the wires into it, and its seats."""

    title: str
    lines: tuple[Line, ...]
    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class Sketch:
    """The whole recipe, all layers of one height."""

    height: int
    stages: tuple[Stage, ...]

    @property
    def middle(self) -> int:
        """Where the prompt's ring is."""
        return self.height // 2


def sketch_of(plan: Plan) -> Sketch | None:
    """The sketch, or None for a recipe that is too large for one, or that has branches.

    The thumbnail, which is shown then, has them on each other.
    """
    if plan.layers[0].route is not None:
        return None
    tallest = max(len(layer.slots) for layer in plan.layers)
    if len(plan.layers) > MOST_LAYERS or tallest > MOST_SEATS:
        return None
    height = SEAT * tallest
    return Sketch(height, tuple(_stage(plan, layer, height) for layer in plan.layers))


def _stage(plan: Plan, layer: Layer, height: int) -> Stage:
    ends = _heights(max(1, len(layer.slots)), height)
    last = layer is plan.layers[-1]
    doing = "answer" if last and layer.writes else _DOING.get(layer.kind, layer.kind)
    lines = {
        (start, end): Line(_curve(start, end), hue)
        for start, hue in _sources(plan, layer, height)
        for end in ends
    }
    return Stage(
        f"Layer {layer.index}, {doing}",
        tuple(lines.values()),
        tuple(_seats(layer)),
    )


def _seats(layer: Layer) -> list[Seat]:
    """Its slots; a vote has none and is one seat itself."""
    if layer.election is not None:
        return [Seat(*_VOTE, f"vote by {layer.election.extract}", 1)]
    return [_seat(layer, slot) for slot in layer.slots]


def _seat(layer: Layer, slot: Slot) -> Seat:
    return Seat(slot.label, slot_hue(layer, slot), slot.model, slot.samples)


def _sources(plan: Plan, layer: Layer, height: int) -> list[tuple[int, str]]:
    """Heights and hues of what a layer reads; the ring where it reads the prompt alone."""
    if layer.index == 1:
        return [(height // 2, "")]
    if layer.sees == "none":
        return []
    before = plan.layers[layer.index - 2]
    hues = [seat.hue for seat in _seats(before)]
    return list(zip(_heights(len(hues), height), hues, strict=True))


def _heights(seats: int, height: int) -> list[int]:
    top = (height - seats * SEAT) // 2
    return [top + seat * SEAT + SEAT // 2 for seat in range(seats)]


def _curve(start: int, end: int) -> str:
    half = _WIDE // 2
    return f"M0 {start}C{half} {start} {half} {end} {_WIDE} {end}"
