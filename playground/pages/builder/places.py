"""Which part of a recipe is chosen: the whole, a layer, or a slot of a layer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from playground.recipes.outline import LayerOutline, SlotOutline

# A slot by its label (`2.C`), or by its position (`2.~3`), which no label looks like.
_PLACE = re.compile(r"(\d{1,4})(?:\.(?:~(\d{1,4})|([A-Za-z0-9_-]{1,12})))?", re.ASCII)
Layers = Sequence[LayerOutline]


@dataclass(frozen=True, slots=True)
class Place:
    """Positions count from 0; no layer means the recipe as a whole."""

    layer: int | None = None
    slot: int | None = None

    @property
    def fixed(self) -> str:
        """The place by positions, which a new label does not change."""
        if self.layer is None:
            return "0"
        slot = "" if self.slot is None else f".~{self.slot + 1}"
        return f"{self.layer + 1}{slot}"

    def named(self, layers: Layers) -> str:
        """The place as addresses have it: by label, where that is plain."""
        slot = self.slot_in(layers)
        if self.layer is None or slot is None:
            return self.fixed
        labels = [each.label for each in layers[self.layer].slots]
        plain = _PLACE.fullmatch(f"1.{slot.label}") and labels.count(slot.label) == 1
        return f"{self.layer + 1}.{slot.label}" if plain else self.fixed

    def within(self, layers: Layers) -> Place:
        """This place, or the nearest one that there is."""
        if self.layer is None or not layers:
            return Place()
        layer = min(self.layer, len(layers) - 1)
        slots = len(layers[layer].slots)
        if self.slot is None or not slots:
            return Place(layer)
        return Place(layer, min(self.slot, slots - 1))

    def layer_in(self, layers: Layers) -> LayerOutline | None:
        """The layer that is chosen."""
        if self.layer is None or self.layer >= len(layers):
            return None
        return layers[self.layer]

    def slot_in(self, layers: Layers) -> SlotOutline | None:
        """The slot that is chosen."""
        layer = self.layer_in(layers)
        if layer is None or self.slot is None or self.slot >= len(layer.slots):
            return None
        return layer.slots[self.slot]

    def path_in(self, layers: Layers) -> list[str | int]:
        """Where the chosen layer or slot lies in the document; nowhere is the whole."""
        layer = self.layer_in(layers)
        if layer is None:
            return []
        return [*layer.path, *(() if self.slot is None else ("slots", self.slot))]


def read_place(text: str, layers: Layers) -> Place:
    """The place that a text names, or the nearest one; the whole recipe for nonsense."""
    found = _PLACE.fullmatch(text)
    if found is None or found[1].lstrip("0") == "":
        return Place()
    layer = int(found[1]) - 1
    if found[2]:
        return Place(layer, max(0, int(found[2]) - 1)).within(layers)
    if not found[3] or layer >= len(layers):
        return Place(layer).within(layers)
    labels = [slot.label for slot in layers[layer].slots]
    return Place(layer, labels.index(found[3]) if found[3] in labels else None)
