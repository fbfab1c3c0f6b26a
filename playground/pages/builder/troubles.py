"""What is wrong with a document, each fault led to the field where it can be mended."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from playground.engine.errors import Problem
from playground.pages.builder.parts import Content, Prefix, parts_of
from playground.pages.builder.places import Place
from playground.recipes.diffing import words_of
from playground.recipes.editing import ABSENT, get_value
from playground.recipes.outline import LayerOutline, outline_of, spelled_path

_PATH = re.compile(
    r"(?P<layer>layers\[\d+\](?:\.(?:above|below)\[\d+\])?)"
    r"(?:\.slots\[(?P<slot>\d+)\])?(?:\.(?P<key>.*))?"
)


Keys = dict[Place, list[str]]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault: whose it is, and the name of its field, if the forms have one."""

    path: str
    message: str
    place: Place
    prefix: Prefix
    key: str
    field: str
    where: str
    address: str
    can_go: bool

    @property
    def anchor(self) -> str:
        """The DOM id to go to."""
        return f"f-{self.field.replace('.', '-')}" if self.field else self.prefix


def troubles(
    document: Content, layers: Sequence[LayerOutline], problems: Sequence[Problem]
) -> list[Trouble]:
    """The faults of a document, in its order."""
    keys: Keys = {}
    found = [_trouble(document, layers, problem, keys) for problem in problems]
    return sorted(found, key=lambda each: _order(each.place))


def marks_of(found: Sequence[Trouble]) -> Mapping[str, int]:
    """How many faults each part of the diagram has."""
    return Counter(each.place.fixed for each in found)


def _order(place: Place) -> tuple[int, int]:
    layer = -1 if place.layer is None else place.layer
    return layer, -1 if place.slot is None else place.slot


def _trouble(
    document: Content, layers: Sequence[LayerOutline], problem: Problem, keys: Keys
) -> Trouble:
    place, key = _located(problem.path, layers)
    prefix: Prefix = "recipe"
    if place.layer is not None:
        prefix = "layer" if place.slot is None else "slot"
    if place not in keys:
        keys[place] = _keys_of(document, place, prefix)
    field = next(
        (each for each in keys[place] if key == each or key.startswith(f"{each}.")), ""
    )
    return Trouble(
        path=problem.path,
        message=problem.message,
        place=place,
        prefix=prefix,
        key=key,
        field=f"{prefix}.{field}" if field else "",
        where=_where(place, layers, key),
        address=place.named(layers),
        can_go=not field and _can_go(document, place, key, problem.message),
    )


def _located(path: str, layers: Sequence[LayerOutline]) -> tuple[Place, str]:
    """The part that a path leads to, and the key below it with dots only."""
    dotted = re.sub(r"\[(\d+)\]", r".\1", path)
    found = _PATH.fullmatch(path)
    at = {spelled_path(each.path): each.position for each in layers}
    if found is None or found["layer"] not in at:
        return Place(), dotted
    slot = None if found["slot"] is None else int(found["slot"])
    key = re.sub(r"\[(\d+)\]", r".\1", found["key"] or "")
    return Place(at[found["layer"]], slot), key


def _keys_of(document: Content, place: Place, prefix: Prefix) -> list[str]:
    """The keys of a part that its form has fields for."""
    part = parts_of(document, place).get(prefix)
    keys = [spec.key for spec in part.specs] if part else []
    return [*keys, "fallback"] if prefix == "slot" else keys


def _can_go(document: Content, place: Place, key: str, message: str) -> bool:
    """True for a key that nothing but taking it out can mend."""
    told = message.startswith("unknown key") or "leave it out" in message
    keys = [int(part) if part.isdecimal() else part for part in key.split(".")]
    path = [*place.path_in(outline_of(document)), *keys]
    return told and get_value(document, path) is not ABSENT


def _where(place: Place, layers: Sequence[LayerOutline], key: str) -> str:
    parts = []
    if layer := place.layer_in(layers):
        parts.append(f"Layer {layer.number}")
    if slot := place.slot_in(layers):
        parts.append(f"slot {slot.label}")
    if key:
        parts.append(
            words_of(key.rsplit(".", maxsplit=1)[-1]) if not key[-1].isdigit() else key
        )
    return ", ".join(parts) or "The recipe"
