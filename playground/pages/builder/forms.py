"""What a form of the builder says, applied to the document that it was shown from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from django.http import QueryDict

from playground.engine.routes import SIDES
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
from playground.recipes.layering import FIRST_RULES, as_route, first_model, no_route

# What only some kinds have; the rest every layer has.
_WRITTEN = ("slots", "sees", "pack", "window", "primary")
_OWN: dict[str, tuple[str, ...]] = {
    "draft": _WRITTEN,
    "aggregate": _WRITTEN,
    "vote": ("extract", "pattern", "ties", "stop_early"),
    "compare": ("slots", "pack"),
    "rank": ("slots", "pack", "method", "combine", "keep"),
    "select": ("slots", "pack", "keep", "stop_early"),
}
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
        if "route" in (layer.get("kind"), was.get("kind")):
            self._scored_by(part.path, layer, was)
            return
        self._judged_by(part.path, layer, was)
        if was.get("extract") == "regex" != layer.get("extract"):
            self.document = set_value(self.document, [*part.path, "pattern"], ABSENT)
        if layer.get("kind") != was.get("kind") and layer.get("kind") != "aggregate":
            self.document = set_value(self.document, [*part.path, "primary"], ABSENT)
        if layer.get("kind") != was.get("kind") and layer.get("kind") != "draft":
            self.document = set_value(self.document, [*part.path, "window"], ABSENT)
        default = "none" if part.path[-1] == 0 else "previous"
        if _reads_nothing(layer, default) and not _reads_nothing(was, default):
            self.document = set_value(self.document, [*part.path, "pack"], ABSENT)

    def _judged_by(self, path: list[str | int], layer: Content, was: Content) -> None:
        """Only pairs are combined."""
        method = layer.get("method")
        if was.get("method") != method and method in ("listwise", "score"):
            self.document = set_value(self.document, [*path, "combine"], ABSENT)

    def _other_kind(self, path: list[str | int], was: str) -> None:
        """What a kind cannot have goes with the change to it; what it needs comes."""
        layer = get_value(self.document, path)
        kind = layer.get("kind")
        if "route" in (kind, was) and kind != was:
            self.document = (
                as_route(self.document, path)
                if kind == "route"
                else no_route(self.document, path)
            )
            return
        if kind == was or kind not in _OWN:
            return
        own = _OWN[kind]
        for key in {each for keys in _OWN.values() for each in keys if each not in own}:
            self.document = set_value(self.document, [*path, key], ABSENT)
        if "slots" in own and not layer.get("slots"):
            self.document = set_value(self.document, [*path, "slots"], [{}])

    def _scored_by(self, path: list[str | int], layer: Any, was: Any) -> None:
        """A model has a seat and no rules, rules have no seat."""
        by = layer.get("by")
        if by == was.get("by") or layer.get("kind") != was.get("kind"):
            return
        gone, come = ("rules", "slots") if by == "model" else ("slots", "rules")
        self.document = set_value(self.document, [*path, gone], ABSENT)
        if not layer.get(come):
            fresh = [{"model": first_model(layer)}] if by == "model" else FIRST_RULES
            self.document = set_value(self.document, [*path, come], fresh)

    def _type_defaults(self, before: Content) -> None:
        """A default that was typed, or whose type was chosen anew, is of its type."""
        for place in variables_in(self.document):
            path: list[str | int] = ["variables", place]
            now, was = get_value(self.document, path), get_value(before, path)
            if now != was and isinstance(default := now.get("default"), str):
                value = typed(now.get("type"), default)
                self.document = set_value(self.document, [*path, "default"], value)


def _reads_nothing(layer: Content, default: str) -> bool:
    """True for a draft layer that sees only the prompt, and refines nothing."""
    sees_none = layer.get("sees", default) == "none"
    is_blind = layer.get("kind") == "draft" and sees_none
    return is_blind and layer.get("window") is None


def system_of(value: Any) -> System:
    """Which system prompt a slot's key means."""
    if value is ABSENT or value is None:
        return "recipe"
    return "none" if value == "" else "own"


def _owner(part: Part) -> str:
    match part.path:
        case [*_, side, int(layer), "slots", int(slot)]:
            return f"slot {slot + 1} of {_branch(side)}layer {layer + 1}"
        case [*_, side, int(layer)]:
            return f"{_branch(side)}layer {layer + 1}"
    return "the recipe"


def _branch(key: str | int) -> str:
    return f"{key}'s " if key in SIDES else ""


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
