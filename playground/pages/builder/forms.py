"""What a form of the builder says, applied to the document that it was shown from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from django.http import QueryDict

from playground.pages.builder.parts import (
    PREFIXES,
    Content,
    Part,
    parts_of,
    variables_in,
)
from playground.pages.builder.places import Place
from playground.pages.builder.slot_fields import OWN_SYSTEM
from playground.pages.builder.specs import FieldSpec
from playground.pages.builder.values import TYPED, read, sent, typed, written
from playground.recipes.editing import ABSENT, get_value, set_value

_OF_VOTES = ("extract", "pattern", "ties", "stop_early")
_NOT_OF_VOTES = ("slots", "sees", "pack", "primary")
System = Literal["none", "recipe", "own"]


class Sent:
    """A document with a sent form applied, and what that changed."""

    def __init__(self, document: Content, place: Place, form: QueryDict) -> None:
        self.document = document
        self.changed: list[tuple[Part, FieldSpec]] = []
        self._form = form
        parts = parts_of(document, place)
        shown = form.getlist("part")
        for prefix in PREFIXES:
            if prefix in shown and prefix in parts:
                self._apply(parts[prefix])
        if "layer" in shown and "layer" in parts:
            path = parts["layer"].path
            self._other_kind(path, str(get_value(document, path).get("kind")))

    @property
    def what(self) -> str:
        """What changed, for undo to name."""
        if len(self.changed) != 1:
            return "changes in the form"
        part, spec = self.changed[0]
        return f"{spec.label.lower()} of {_owner(part)}"

    @property
    def joins(self) -> bool:
        """True for one field that is being typed into."""
        return len(self.changed) == 1 and self.changed[0][1].kind in TYPED

    def _apply(self, part: Part) -> None:
        before = self.document
        for spec in part.specs:
            if part.prefix == "slot" and spec is OWN_SYSTEM:
                self._system(part, spec)
            else:
                self._field(part, spec)
        self._consequences(part, before)

    def _field(self, part: Part, spec: FieldSpec) -> None:
        name = f"{part.prefix}.{spec.key}"
        if name not in self._form and spec.kind != "check":
            return
        text = _text(self._form, name, spec)
        path = [*part.path, *spec.path]
        shown = written(spec.kind, get_value(self.document, path), spec.default)
        if spec.kind == "check":
            shown = "true" if shown == "true" else "false"
        if text != shown:
            value = read(spec.kind, text, spec.default)
            emptied = value is ABSENT and isinstance(path[-1], int)
            self._set(part, spec, path, "" if emptied else value)

    def _set(self, part: Part, spec: FieldSpec, path: list[str | int], to: Any) -> None:
        self.document = set_value(self.document, path, to)
        self.changed.append((part, spec))

    def _system(self, part: Part, spec: FieldSpec) -> None:
        mode = self._form.get("slot.system_from")
        text = sent(self._form.get("slot.system_prompt", ""))
        path = [*part.path, "system_prompt"]
        value = get_value(self.document, path)
        told = {"none": "", "recipe": ABSENT, "own": text}
        same = mode == system_of(value) and (
            mode != "own" or text == written("area", value)
        )
        if mode in told and not same:
            self._set(part, spec, path, told[mode])

    def _consequences(self, part: Part, before: Content) -> None:
        """What a change of one field means for others of its part."""
        if part.prefix == "recipe":
            self._type_defaults(before)
        if part.prefix != "layer":
            return
        layer = get_value(self.document, part.path)
        was = get_value(before, part.path)
        if was.get("extract") == "regex" != layer.get("extract"):
            self.document = set_value(self.document, [*part.path, "pattern"], ABSENT)
        if layer.get("kind") != was.get("kind") and layer.get("kind") != "aggregate":
            self.document = set_value(self.document, [*part.path, "primary"], ABSENT)
        sees_none = layer.get("sees") == "none" != was.get("sees")
        if sees_none and layer.get("kind") == "draft":
            self.document = set_value(self.document, [*part.path, "pack"], ABSENT)

    def _other_kind(self, path: list[str | int], was: str) -> None:
        """What a kind cannot have goes with the change to it; what it needs comes."""
        layer = get_value(self.document, path)
        kind = layer.get("kind")
        if "vote" not in (kind, was) or kind == was:
            return
        gone = _NOT_OF_VOTES if kind == "vote" else _OF_VOTES
        for key in gone:
            self.document = set_value(self.document, [*path, key], ABSENT)
        if kind != "vote" and not layer.get("slots"):
            self.document = set_value(self.document, [*path, "slots"], [{}])

    def _type_defaults(self, before: Content) -> None:
        """A default that was typed, or whose type was chosen anew, is of its type."""
        for place in variables_in(self.document):
            path: list[str | int] = ["variables", place]
            now, was = get_value(self.document, path), get_value(before, path)
            if now != was and isinstance(default := now.get("default"), str):
                value = typed(now.get("type"), default)
                self.document = set_value(self.document, [*path, "default"], value)


def system_of(value: Any) -> System:
    """Which system prompt a slot's key means."""
    if value is ABSENT or value is None:
        return "recipe"
    return "none" if value == "" else "own"


def _owner(part: Part) -> str:
    match part.path:
        case [_, int(layer), _, int(slot)]:
            return f"slot {slot + 1} of layer {layer + 1}"
        case [_, int(layer)]:
            return f"layer {layer + 1}"
    return "the recipe"


def _text(form: QueryDict, name: str, spec: FieldSpec) -> str:
    if spec.kind == "check":
        return "true" if name in form else "false"
    one_line = spec.kind not in {"area", "lines", "json"}
    return sent(form.get(name, ""), one_line=one_line)


def shown_form(document: Content, place: Place) -> Iterator[tuple[str, str]]:
    """The names and values of a form as a browser sends it back untouched."""
    for prefix, part in parts_of(document, place).items():
        yield "part", prefix
        for spec in part.specs:
            value = get_value(document, [*part.path, *spec.path])
            text = written(spec.kind, value, spec.default)
            if spec is OWN_SYSTEM:
                yield "slot.system_from", system_of(value)
            if spec.kind != "check" or text == "true":
                yield f"{prefix}.{spec.key}", text
