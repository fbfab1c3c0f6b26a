"""Where things stand in the diagram of a recipe, and the wires between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from playground.engine.routes import SIDES, Side
from playground.live.chips import hue_of
from playground.live.drawing import curve
from playground.pages.builder.places import Place
from playground.recipes.outline import LayerOutline, SlotOutline, before

SEAT = 56
_LEAST = 72
# On a branch a layer's name stands within the drawing, as high as a seat.
LANE_HEAD = 56
# Beyond this a layer's wires are a grey patch: only the chosen slot's are drawn.
_MOST_LINES = 400


@dataclass(frozen=True, slots=True)
class Line:
    """A wire; `on` when it leads to or from the chosen slot."""

    d: str
    hue: str
    on: bool = False


def hue(layer: LayerOutline, slot: SlotOutline) -> str:
    """The hue of a slot; who alone writes the answer has one of its own."""
    if layer.kind == "aggregate" and len(layer.slots) == 1:
        return "z"
    return hue_of(slot.label, slot.position)


def lines_into(
    layers: Sequence[LayerOutline],
    layer: LayerOutline,
    frame: Frame,
    chosen: Place | None,
) -> list[Line]:
    """The wires into a layer, those of the chosen slot on top."""
    ends = [Place(layer.position, at) for at in range(len(layer.slots) or 1)]
    heights = frame.heights(layer)
    top = frame.top(layer.side)
    if layer.position == 0:
        return [Line(curve(frame.height // 2, end), "", False) for end in heights]
    sources = before(layers, layer)
    if layer.sees == "none" and not (layer.opens and layer.side):
        return []
    crowded = sum(len(each.slots) for each in sources) * len(ends) > _MOST_LINES
    lines = []
    for earlier in sources:
        for start, slot_hue, source in _starts(earlier, frame):
            for place, end in zip(ends, heights, strict=True):
                on = chosen in {source, place} and bool(earlier.slots and layer.slots)
                if on or not crowded:
                    lines.append(Line(curve(start - top, end), slot_hue, on))
    # The chosen slot's wires lie on top of the others.
    return sorted(lines, key=lambda line: line.on)


def _starts(
    layer: LayerOutline, frame: Frame
) -> Iterator[tuple[int, str, Place | None]]:
    """What leaves a layer: its height in the whole drawing, its hue, its place."""
    top = frame.top(layer.side)
    if not layer.slots:
        yield top + frame.heights(layer)[0], "z" if layer.kind == "vote" else "", None
        return
    for slot, height in zip(layer.slots, frame.heights(layer), strict=True):
        yield top + height, hue(layer, slot), Place(layer.position, slot.position)


@dataclass(frozen=True, slots=True)
class Frame:
    """How high the drawing and its branches are, all in pixels."""

    height: int
    lanes: Mapping[Side, int]

    @classmethod
    def of(cls, layers: Sequence[LayerOutline]) -> Frame:
        """Branches lie on each other; each has its names in the drawing."""
        tallest: dict[Side | None, int] = {}
        for layer in layers:
            seats = max(len(layer.slots), 1 if layer.side else 0)
            tallest[layer.side] = max(tallest.get(layer.side, 0), seats)
        forked = any(layer.is_route for layer in layers)
        lanes: dict[Side, int] = {
            side: LANE_HEAD + max(1, tallest.get(side, 0)) * SEAT for side in SIDES
        }
        own = max(_LEAST, max(1, tallest.get(None, 0)) * SEAT)
        return cls(max(own, sum(lanes.values()) if forked else 0), lanes)

    def tall(self, side: Side | None) -> int:
        """How high a layer's column is."""
        return self.height if side is None else self.lanes[side]

    def top(self, side: Side | None) -> int:
        """Where its column begins."""
        if side is None:
            return 0
        edge = (self.height - sum(self.lanes.values())) // 2
        return edge + (self.lanes["above"] if side == "below" else 0)

    def heights(self, layer: LayerOutline) -> list[int]:
        """The middles of its seats in its own column; one seat where it has no slots."""
        seats = len(layer.slots) or 1
        head = LANE_HEAD if layer.side else 0
        top = head + (self.tall(layer.side) - head - seats * SEAT) // 2
        return [top + place * SEAT + SEAT // 2 for place in range(seats)]
