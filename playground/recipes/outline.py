"""A document as far as it can be drawn, whether or not it is a recipe that can run.

Its `layers` must be a list of mappings and their `slots` lists of mappings; everything
else may be wrong, and is then shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playground.engine.errors import Problem
from playground.engine.seats import default_label
from playground.engine.shapes import Kind

_MOST_SAMPLES = 100
MOST_LAYERS = 40
MOST_SLOTS = 300


@dataclass(frozen=True, slots=True)
class SlotOutline:
    """A slot as it can be drawn; `position` counts from 0."""

    position: int
    label: str
    model: str
    samples: int
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LayerOutline:
    """A layer as it can be drawn; `position` counts from 0."""

    position: int
    kind: str
    name: str
    sees: str
    slots: tuple[SlotOutline, ...]
    content: Mapping[str, Any]

    @property
    def number(self) -> int:
        """Layers are numbered from 1."""
        return self.position + 1

    @property
    def drafts(self) -> int:
        """How many drafts its slots write."""
        return sum(slot.samples for slot in self.slots)


def shape_problems(document: Mapping[str, Any]) -> list[Problem]:
    """Why a document cannot be drawn; empty when it can."""
    layers = document.get("layers", [])
    if not isinstance(layers, list):
        return [Problem("layers", "must be a list of layers")]
    found = []
    for place, layer in enumerate(layers):
        if not isinstance(layer, dict):
            found.append(Problem(f"layers[{place}]", "must be a mapping of keys"))
        else:
            found += _slot_problems(f"layers[{place}].slots", layer.get("slots", []))
    return found or _size_problems(layers)


def _size_problems(layers: list[dict[str, Any]]) -> list[Problem]:
    slots = sum(len(layer.get("slots", [])) for layer in layers)
    if len(layers) <= MOST_LAYERS and slots <= MOST_SLOTS:
        return []
    told = f"the builder draws at most {MOST_LAYERS} layers and {MOST_SLOTS} slots"
    return [Problem("layers", f"{told}, here are {len(layers)} and {slots}")]


def _slot_problems(path: str, slots: object) -> list[Problem]:
    if not isinstance(slots, list):
        return [Problem(path, "must be a list of slots")]
    return [
        Problem(f"{path}[{place}]", "must be a mapping of keys")
        for place, slot in enumerate(slots)
        if not isinstance(slot, dict)
    ]


def outline_of(document: Mapping[str, Any]) -> tuple[LayerOutline, ...]:
    """The layers of a document without shape problems."""
    layers = document.get("layers", [])
    return tuple(_layer(place, layer) for place, layer in enumerate(layers))


def call_count(layers: tuple[LayerOutline, ...]) -> int:
    """The calls of a run in which nothing fails."""
    return sum(layer.drafts for layer in layers)


def labels_of(layer: Mapping[str, Any]) -> list[str]:
    """What the slots of a layer are called, by their own label or by position."""
    return [
        _label(kind_of(layer), place, slot)
        for place, slot in enumerate(layer.get("slots", []))
    ]


def kind_of(layer: Mapping[str, Any]) -> Kind:
    """How a layer's slots are labelled: those of an unknown kind like drafts."""
    return "aggregate" if layer.get("kind") == "aggregate" else "draft"


def _layer(place: int, layer: Mapping[str, Any]) -> LayerOutline:
    slots = layer.get("slots", [])
    labels = labels_of(layer)
    return LayerOutline(
        position=place,
        kind=_text(layer.get("kind")),
        name=_text(layer.get("name")) or f"Layer {place + 1}",
        sees=_text(layer.get("sees")) or ("previous" if place else "none"),
        slots=tuple(
            SlotOutline(at, label, _text(slot.get("model")), _samples(slot), slot)
            for at, (slot, label) in enumerate(zip(slots, labels, strict=True))
        ),
        content=layer,
    )


def _label(kind: Kind, place: int, slot: Mapping[str, Any]) -> str:
    return _text(slot.get("label")) or default_label(kind, place)


def _samples(slot: Mapping[str, Any]) -> int:
    samples = slot.get("samples", 1)
    whole = isinstance(samples, int) and not isinstance(samples, bool)
    return samples if whole and 1 <= samples <= _MOST_SAMPLES else 1


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else repr(value)
