"""What buttons, keys and drags do to layers: those of the recipe and of a route's branches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playground.engine.routes import SIDES, Side
from playground.pages.builder.desks import Act, Desk, Done, another
from playground.pages.builder.places import Place
from playground.recipes import editing, layering
from playground.recipes.editing import Content
from playground.recipes.outline import LayerOutline, outline_of

# The lists that a layer may stand in, as `do` numbers them.
_LISTS: tuple[Side | None, ...] = (None, *SIDES)


def _layer_add(desk: Desk, to: list[int]) -> Done:
    """`to` is a place in the recipe's own list, or a list and a place in it."""
    side, at = _spot(to) if to else _behind_chosen(desk)
    layers = [each for each in desk.layers if each.side == side]
    at = min(at, len(layers))
    last = at == len(layers) and bool(layers) and _leaves_several(layers[-1])
    kind = "aggregate" if last else "draft"
    edited = layering.add_layer(
        desk.document,
        at,
        kind=kind,
        slots=_first_slots(desk, layers, at, kind),
        side=side,
    )
    place = _place_of(edited, side, at)
    return Done(edited, Place(place, 0), f"new layer {place + 1}")


def _leaves_several(layer: LayerOutline) -> bool:
    """True where an aggregate is what one adds behind it."""
    return layer.kind == "draft" or layer.judges


def _spot(numbers: list[int]) -> tuple[Side | None, int]:
    *which, at = numbers
    return _LISTS[which[0] if which else 0], at


def _behind_chosen(desk: Desk) -> tuple[Side | None, int]:
    layer = desk.place.layer_in(desk.layers)
    return (None, 0) if layer is None else (layer.side, layer.at + 1)


def _place_of(document: Content, side: Side | None, at: int) -> int:
    """The position of a layer by its list and its place in it."""
    for layer in outline_of(document):
        if (layer.side, layer.at) == (side, at):
            return layer.position
    raise IndexError(at)


def _first_slots(
    desk: Desk, layers: Sequence[LayerOutline], at: int, kind: str
) -> list[dict[str, Any]]:
    """A new draft layer has the slots of its neighbour, an aggregate has one."""
    near = layers[at - 1] if at else layers[0] if layers else None
    model = next((slot.model for slot in near.slots), "") if near else ""
    if kind == "draft" and near is not None and near.kind == "draft" and near.slots:
        return [dict(slot.content) for slot in near.slots]
    return [{"model": model or another(desk.aliases, [])}]


def copy_chosen(desk: Desk, _: list[int]) -> Done:
    edited = layering.copy_layer(desk.document, desk.layer)
    return Done(edited, Place(desk.layer + 1), f"copy of layer {desk.layer + 1}")


def remove_chosen(desk: Desk, _: list[int]) -> Done:
    edited = layering.remove_layer(desk.document, desk.layer)
    place = Place(desk.layer).within(outline_of(edited))
    return Done(edited, place, f"removal of layer {desk.layer + 1}")


def _layer_by(step: int) -> Act:
    def act(desk: Desk, _: list[int]) -> Done:
        layer = desk.layers[desk.layer]
        to = max(0, layer.at + step)
        return _layer_moved(desk, desk.layer, layer.side, to)

    return act


def _layer_to(desk: Desk, numbers: list[int]) -> Done:
    layer, *spot = numbers
    side, to = _spot(spot)
    return _layer_moved(desk, layer, side, to)


def _layer_moved(desk: Desk, layer: int, side: Side | None, to: int) -> Done:
    edited = layering.move_layer(desk.document, layer, to=to, side=side)
    there = [each for each in outline_of(edited) if each.side == side]
    place = there[min(to, len(there) - 1)].position
    slot = desk.place.slot if layer == desk.place.layer else None
    return Done(edited, Place(place, slot), "move of a layer")


def _layer_across(desk: Desk, _: list[int]) -> Done:
    """Into the other branch, at its end."""
    side = desk.layers[desk.layer].side
    edited = layering.switch_layer(desk.document, desk.layer)
    there = [each for each in outline_of(edited) if each.side not in (None, side)]
    return Done(edited, Place(there[-1].position), "move to the other branch")


def _route_add(desk: Desk, _: list[int]) -> Done:
    models = [slot.model for layer in desk.layers for slot in layer.slots]
    below = {"model": (models or [another(desk.aliases, [])])[0]}
    return Done(layering.add_route(desk.document, below), Place(0), "new route")


def _rule_add(desk: Desk, _: list[int]) -> Done:
    path = [*Place(desk.layer).path_in(desk.layers), "rules"]
    edited = editing.add_item(desk.document, path, {"score": 5})
    return Done(edited, Place(desk.layer), "new rule")


def _rule_remove(desk: Desk, numbers: list[int]) -> Done:
    path = [*Place(desk.layer).path_in(desk.layers), "rules"]
    edited = editing.remove_item(desk.document, path, numbers[0])
    return Done(edited, Place(desk.layer), "removal of a rule")


def _rule_up(desk: Desk, numbers: list[int]) -> Done:
    path = [*Place(desk.layer).path_in(desk.layers), "rules"]
    edited = editing.move_item(desk.document, path, numbers[0], numbers[0] - 1)
    return Done(edited, Place(desk.layer), "order of rules")


LAYER_ACTS: dict[str, Act] = {
    "layer-add": _layer_add,
    "layer-copy": copy_chosen,
    "layer-remove": remove_chosen,
    "layer-left": _layer_by(-1),
    "layer-right": _layer_by(1),
    "layer-to": _layer_to,
    "layer-up": _layer_across,
    "layer-down": _layer_across,
    "route-add": _route_add,
    "rule-add": _rule_add,
    "rule-remove": _rule_remove,
    "rule-up": _rule_up,
}
