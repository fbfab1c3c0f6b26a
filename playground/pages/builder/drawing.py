"""The diagram of a recipe, as the builder and the recipe's page show it.

The same drawing as the run's: a letter and a hue for a slot, wires for who reads whom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from playground.live.chips import hue_of
from playground.live.drawing import curve
from playground.pages.builder.places import Place
from playground.recipes.outline import LayerOutline, SlotOutline
from playground.web.formats import counted

SEAT = 56
_LEAST = 72
# Beyond this a layer's wires are a grey patch: only the chosen slot's are drawn.
_MOST_LINES = 400


@dataclass(frozen=True, slots=True)
class Line:
    """A wire; `on` when it leads to or from the chosen slot."""

    d: str
    hue: str
    on: bool = False


@dataclass(frozen=True, slots=True)
class Seat:
    """A slot in the diagram."""

    slot: SlotOutline
    layer: int
    hue: str
    place: Place
    name: str
    current: bool = False
    faults: int = 0
    edited: bool = False

    @property
    def spec(self) -> str:
        """What is asked of its model, as far as the recipe says."""
        params = self.slot.content.get("params")
        params = params if isinstance(params, dict) else {}
        told = []
        if (temperature := params.get("temperature")) is not None:
            told.append(f"temperature {temperature}")
        if isinstance(tokens := params.get("max_tokens"), int):
            told.append(f"{tokens:,} tokens")
        if self.slot.samples > 1:
            told.append(f"{self.slot.samples} samples")
        return ", ".join(told) or "its own parameters"

    @property
    def own_prompt(self) -> bool:
        """True when its system prompt replaces the recipe's."""
        return bool(self.slot.content.get("system_prompt"))


@dataclass(frozen=True, slots=True)
class Column:
    """A layer in the diagram, and the wires into it."""

    layer: LayerOutline
    place: Place
    seats: tuple[Seat, ...]
    lines: tuple[Line, ...]
    reads: str
    current: bool = False
    faults: int = 0

    @property
    def vote(self) -> str:
        """How a vote counts."""
        return f"by {self.layer.content.get('extract') or 'exact'}"

    @property
    def gist(self) -> str:
        """Its kind, and what it sees."""
        if self.layer.kind == "vote":
            return f"vote, counts {self._seen}"
        return f"{self.layer.kind or 'of no kind'}, sees {self._seen}"

    @property
    def _seen(self) -> str:
        before = self.layer.position
        if before == 0 or self.layer.sees == "none":
            return "the prompt"
        if self.layer.sees == "all" and before > 1:
            return f"layers 1\N{EN DASH}{before}"
        return f"layer {before}"


@dataclass(frozen=True, slots=True)
class Diagram:
    """The whole drawing."""

    columns: tuple[Column, ...]
    height: int
    prompt_current: bool = False
    prompt_faults: int = 0

    @property
    def middle(self) -> int:
        """Where the prompt is."""
        return self.height // 2

    @property
    def end(self) -> int:
        """The position of a layer that would be added at the end."""
        return len(self.columns)


@dataclass(frozen=True, slots=True)
class Marks:
    """What is marked in a drawing: the choice, the faults and what was edited."""

    place: Place | None = None
    faults: Mapping[str, int] = field(default_factory=dict)
    edited: frozenset[str] = frozenset()


def draw(layers: Sequence[LayerOutline], marks: Marks | None = None) -> Diagram:
    """The drawing of these layers."""
    marks = marks or Marks()
    tallest = max((len(layer.slots) for layer in layers), default=1)
    height = max(_LEAST, tallest * SEAT)
    columns = tuple(_column(layers, layer, height, marks) for layer in layers)
    whole = Place()
    return Diagram(
        columns, height, marks.place == whole, marks.faults.get(whole.fixed, 0)
    )


def hue(layer: LayerOutline, slot: SlotOutline) -> str:
    """The hue of a slot; who alone writes the answer has one of its own."""
    if layer.kind == "aggregate" and len(layer.slots) == 1:
        return "z"
    return hue_of(slot.label, slot.position)


def _column(
    layers: Sequence[LayerOutline], layer: LayerOutline, height: int, marks: Marks
) -> Column:
    place = Place(layer.position)
    return Column(
        layer=layer,
        place=place,
        seats=tuple(_seat(layers, layer, slot, marks) for slot in layer.slots),
        lines=tuple(_lines(layers, layer, height, marks.place)),
        reads=_reads(layers, layer),
        current=marks.place is not None and marks.place.layer == layer.position,
        faults=marks.faults.get(place.fixed, 0),
    )


def _seat(
    layers: Sequence[LayerOutline],
    layer: LayerOutline,
    slot: SlotOutline,
    marks: Marks,
) -> Seat:
    place = Place(layer.position, slot.position)
    return Seat(
        slot=slot,
        layer=layer.number,
        hue=hue(layer, slot),
        place=place,
        name=place.named(layers),
        current=marks.place == place,
        faults=marks.faults.get(place.fixed, 0),
        edited=place.fixed in marks.edited,
    )


def _lines(
    layers: Sequence[LayerOutline],
    layer: LayerOutline,
    height: int,
    chosen: Place | None,
) -> list[Line]:
    ends = _heights(layer, height)
    if layer.position == 0:
        return [Line(curve(height // 2, end), "", False) for end in ends]
    if layer.sees == "none":
        return []
    before = layers[layer.position - 1]
    crowded = len(before.slots) * len(ends) > _MOST_LINES
    lines = []
    if before.kind == "vote" and not before.slots:
        return [Line(curve(height // 2, end), "z", on=False) for end in ends]
    for slot, start in zip(before.slots, _heights(before, height), strict=True):
        source = Place(before.position, slot.position)
        for position, end in enumerate(ends):
            on = chosen in {source, Place(layer.position, position)}
            if on or not crowded:
                lines.append(Line(curve(start, end), hue(before, slot), on))
    # The chosen slot's wires lie on top of the others.
    return sorted(lines, key=lambda line: line.on)


def _heights(layer: LayerOutline, height: int) -> list[int]:
    if layer.kind == "vote" and not layer.slots:
        return [height // 2]
    top = (height - len(layer.slots) * SEAT) // 2
    return [top + place * SEAT + SEAT // 2 for place in range(len(layer.slots))]


def _reads(layers: Sequence[LayerOutline], layer: LayerOutline) -> str:
    if layer.position == 0 or layer.sees == "none":
        return "the prompt"
    first = 0 if layer.sees == "all" else layer.position - 1
    drafts = sum(each.drafts for each in layers[first : layer.position])
    pack: Any = layer.content.get("pack")
    shuffled = isinstance(pack, dict) and pack.get("order") == "shuffle"
    return counted(drafts, "draft") + (", shuffled" if shuffled else "")
