"""The parts of a recipe that have a form, and which fields each shows.

The same answer when a form is shown and when it is sent: both go by the document.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from playground.pages.builder import (
    layer_fields,
    recipe_fields,
    route_fields,
    slot_fields,
)
from playground.pages.builder.places import Place
from playground.pages.builder.specs import FieldSpec, Group
from playground.recipes.editing import ABSENT, get_value
from playground.recipes.outline import LayerOutline, SlotOutline, contest_of, outline_of

Prefix = Literal["recipe", "layer", "slot"]
PREFIXES: tuple[Prefix, ...] = ("recipe", "layer", "slot")
Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A form: its prefix in field names, where it lies, and its groups of fields."""

    prefix: Prefix
    path: list[str | int]
    groups: tuple[Group, ...]

    @property
    def specs(self) -> Iterator[FieldSpec]:
        """All of its fields."""
        for group in self.groups:
            yield from group.fields


def parts_of(document: Content, place: Place) -> dict[Prefix, Part]:
    """The forms that belong to a place: the recipe's, or its layer's and its slot's."""
    layers = outline_of(document)
    layer, slot = place.layer_in(layers), place.slot_in(layers)
    if layer is None:
        return {"recipe": Part("recipe", [], recipe_groups(document))}
    layer_path = list(layer.path)
    found: dict[Prefix, Part] = {
        "layer": Part("layer", layer_path, _layer_groups(layer))
    }
    if slot is not None:
        found["slot"] = Part("slot", place.path_in(layers), _slot_groups(slot))
    return found


def _slot_groups(slot: SlotOutline) -> tuple[Group, ...]:
    further = slot_fields.FURTHER
    label, *others = further.fields
    # Without a label of its own it has the one that its position gives.
    label = replace(label, placeholder=slot.label)
    return (
        Group("model", "Model", (slot_fields.MODEL,)),
        slot_fields.PARAMETERS,
        Group("system", "System prompt", (slot_fields.OWN_SYSTEM,)),
        Group("prompt", "What it is asked", (slot_fields.PROMPT,)),
        replace(further, fields=(label, *others)),
    )


def _layer_groups(layer: LayerOutline) -> tuple[Group, ...]:
    name, *others = layer_fields.DOES.fields
    does = [replace(name, placeholder=f"Layer {layer.number}"), *others]
    if layer.kind == "route":
        does_route = replace(layer_fields.DOES, fields=tuple(does))
        return (does_route, *_route(layer))
    if layer.kind == "vote":
        does_vote = replace(layer_fields.DOES, fields=tuple(does))
        return (does_vote, _vote(layer), layer_fields.VOTE_NEEDS)
    if layer.judges:
        does_judge = replace(layer_fields.DOES, fields=tuple(does))
        return (does_judge, *_judged(layer))
    if not layer.opens or "sees" in layer.content:
        default = "none" if layer.opens else "previous"
        does.append(replace(layer_fields.SEES, default=default))
    if layer.kind == "aggregate" and (
        len(layer.slots) > 1 or "primary" in layer.content
    ):
        does.append(_primary(layer))
    if layer.kind == "draft":
        does.append(layer_fields.WINDOW)
    groups = [replace(layer_fields.DOES, fields=tuple(does)), layer_fields.GOES_ON]
    reads = (not layer.opens and layer.sees != "none") or layer.window
    if reads or "pack" in layer.content:
        groups.append(layer_fields.PACK)
    return tuple(groups)


def _route(layer: LayerOutline) -> tuple[Group, ...]:
    """How it chooses; its rules have a row each, and a model has a slot."""
    listed = layer.content.get("rules")
    rows = range(len(listed)) if isinstance(listed, list) else range(0)
    rules = tuple(
        replace(spec, key=f"rules.{row}.{spec.key}")
        for row in rows
        for spec in route_fields.RULE
    )
    chosen = (route_fields.ROUTE, Group("rules", "Rules", rules))
    return (*chosen[:1], route_fields.NEEDS) if _asks_model(layer) else chosen


def _asks_model(layer: LayerOutline) -> bool:
    return layer.content.get("by") == "model" and not layer.content.get("rules")


def _vote(layer: LayerOutline) -> Group:
    """How it counts; a pattern only where one is used, or stands in the way."""
    extract, *others = layer_fields.VOTE.fields
    used = layer.content.get("extract") == "regex" or "pattern" in layer.content
    pattern = [layer_fields.PATTERN] if used else []
    return replace(layer_fields.VOTE, fields=(extract, *pattern, *others))


def _judged(layer: LayerOutline) -> tuple[Group, ...]:
    """What layers have whose slots judge."""
    if layer.kind != "rank":
        chooses = (layer_fields.CHOOSES,) if layer.kind == "select" else ()
        return (*chooses, layer_fields.JUDGES_GO_ON, layer_fields.PACK)
    return (_rank(layer), layer_fields.JUDGES_GO_ON, layer_fields.JUDGED_PACK)


def _rank(layer: LayerOutline) -> Group:
    """How it ranks; `combine` only where pairs are, or where it stands in the way."""
    is_pairwise = contest_of(layer.content).method == "pairwise"
    used = is_pairwise or "combine" in layer.content
    combine = [layer_fields.COMBINE] if used else []
    fields = (layer_fields.METHOD, *combine, layer_fields.KEEP)
    return Group("rank", "How it ranks", fields)


def _primary(layer: LayerOutline) -> FieldSpec:
    labels = [slot.label for slot in layer.slots]
    first = labels[0] if labels else ""
    choices = (("", f"{first}, the first"), *((label, label) for label in labels))
    return replace(layer_fields.PRIMARY, choices=choices)


def recipe_groups(document: Content) -> tuple[Group, ...]:
    """The recipe's form: with a row for each variable and each sample prompt."""
    return (
        recipe_fields.CALLED,
        recipe_fields.LIMITS,
        Group("system", "System prompt", (recipe_fields.SYSTEM,)),
        Group("variables", "Variables", tuple(_variable_specs(document))),
        Group("samples", "Sample prompts", tuple(_sample_specs(document))),
    )


def variables_in(document: Content) -> list[int]:
    """The positions of the variables that can be shown as rows."""
    listed = document.get("variables")
    if not isinstance(listed, list):
        return []
    return [place for place, each in enumerate(listed) if isinstance(each, dict)]


def _variable_specs(document: Content) -> Iterator[FieldSpec]:
    for place in variables_in(document):
        for spec in recipe_fields.VARIABLE:
            yield replace(spec, key=f"variables.{place}.{spec.key}")


def _sample_specs(document: Content) -> Iterator[FieldSpec]:
    listed = get_value(document, ["sample_prompts"])
    if listed is ABSENT or not isinstance(listed, list):
        return
    for place in range(len(listed)):
        yield replace(
            recipe_fields.SAMPLE,
            key=f"sample_prompts.{place}",
            label=f"Sample prompt {place + 1}",
        )
