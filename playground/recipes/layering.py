"""What can be done to the layers of a document, those of a route's branches included.

A layer is named by its position in reading order, from 0, as in `outline`.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

from playground.engine.routes import SIDES, Side
from playground.recipes.editing import (
    Content,
    EditRefused,
    between,
    get_value,
    pick,
    set_value,
)
from playground.recipes.outline import kind_of, layers_of

_OF_ROUTES = ("by", "rules", "threshold", "above", "below")
# What a route goes by until somebody says what is hard for their models.
FIRST_RULES: list[Content] = [
    {"has_code": True, "score": 5},
    {"min_chars": 1000, "score": 4},
    {"contains": ["prove", "derive", "step by step"], "score": 4},
]


def add_layer(
    document: Content,
    position: int,
    *,
    kind: str,
    slots: Sequence[Content],
    side: Side | None = None,
) -> Content:
    """A new layer with these slots, at a position of the recipe's own list or a branch's."""
    edited = copy.deepcopy(document)
    layers = _branch(edited, side)
    layers.insert(
        between(position, len(layers)),
        {"kind": kind, "slots": copy.deepcopy(list(slots))},
    )
    return _with_sound_first(edited)


def copy_layer(document: Content, position: int) -> Content:
    """A layer once more, right behind itself."""
    edited, layers, at = _opened(document, position)
    if layers[at].get("kind") == "route":
        raise EditRefused("A recipe has one route.", "Duplicate a layer of a branch.")
    twin = copy.deepcopy(layers[at])
    if isinstance(twin.get("name"), str):
        twin["name"] = f"{twin['name']} 2"[:120]
    if at == 0:
        # What saw only the prompt because nothing was before it now refines.
        twin.pop("sees", None)
    layers.insert(at + 1, twin)
    return edited


def remove_layer(document: Content, position: int) -> Content:
    """Take a layer out; of a route the branch above stays in its place."""
    edited, layers, at = _opened(document, position)
    is_route = layers[at].get("kind") == "route"
    layers[at : at + 1] = layers[at].get("above", []) if is_route else []
    return _with_sound_first(edited)


def move_layer(
    document: Content, position: int, *, to: int, side: Side | None = None
) -> Content:
    """Put a layer at a place of the recipe's own list or a branch's; beyond it is at its end."""
    edited, layers, at = _opened(document, position)
    there, layer = _branch(edited, side), layers[at]
    if layer.get("kind") == "route" and there is not layers:
        raise EditRefused("A route stands first in a recipe, not in a branch.")
    del layers[at]
    there.insert(between(to, len(there)), layer)
    return _with_sound_first(edited)


def switch_layer(document: Content, position: int) -> Content:
    """Put a branch's layer at the end of the other branch."""
    for path, side, _ in list(layers_of(document))[position : position + 1]:
        if side is not None:
            edited, layers, at = _opened(document, position)
            other = get_value(edited, [*path[:2]])
            name = "below" if side == "above" else "above"
            other.setdefault(name, []).append(layers.pop(at))
            return _with_sound_first(edited)
    raise EditRefused("Only a layer of a branch has another branch to go to.")


def add_route(document: Content, below: Content) -> Content:
    """The recipe behind a route: hard prompts go through all of it, others to one slot."""
    edited = copy.deepcopy(document)
    if any(layer.get("kind") == "route" for layer in edited.get("layers", [])):
        raise EditRefused("This recipe has a route already.")
    edited["layers"] = [
        {
            "kind": "route",
            "by": "rules",
            "rules": copy.deepcopy(FIRST_RULES),
            "threshold": 3,
            "above": edited.get("layers", []),
            "below": [{"kind": "draft", "slots": [copy.deepcopy(below)]}],
        }
    ]
    return edited


def as_route(document: Content, path: Sequence[str | int]) -> Content:
    """A layer turned into a route: what it was goes above, its first model alone below."""
    edited = copy.deepcopy(document)
    was = get_value(edited, path)
    above = {key: value for key, value in was.items() if key not in ("name", "kind")}
    fork: Content = {key: value for key, value in was.items() if key == "name"}
    fork |= {
        "kind": "route",
        "by": "rules",
        "rules": copy.deepcopy(FIRST_RULES),
        "threshold": 3,
        "above": [{"kind": "draft", **above}],
        "below": [{"kind": "draft", "slots": [{"model": first_model(was)}]}],
    }
    return set_value(edited, path, fork)


def no_route(document: Content, path: Sequence[str | int]) -> Content:
    """A layer that was a route, with the slots of what stood first above."""
    fork = get_value(document, path)
    kept = {key: value for key, value in fork.items() if key not in _OF_ROUTES}
    above: Content = next(iter(fork.get("above") or ()), {})
    slots = [*kept.get("slots", ()), *above.get("slots", ())]
    if kept.get("kind") != "vote":
        kept["slots"] = slots or [{}]
    return set_value(document, path, kept)


def first_model(layer: Content) -> str:
    """The model of the first slot in a layer or in its branches; empty when there is none."""
    slots = [*layer.get("slots", ())]
    for side in SIDES:
        for inner in layer.get(side) or ():
            slots += inner.get("slots", ())
    models = (slot.get("model") for slot in slots)
    return next((model for model in models if isinstance(model, str)), "")


def _opened(document: Content, position: int) -> tuple[Content, list[Content], int]:
    """A copy of the document, the list that holds a layer, and its place in it."""
    edited = copy.deepcopy(document)
    path, _, _ = pick(list(layers_of(edited)), position, "layer")
    return edited, get_value(edited, path[:-1]), int(path[-1])


def _branch(document: Content, side: Side | None) -> list[Content]:
    """The recipe's own list of layers, or that of one branch of its route."""
    layers: list[Content] = document.setdefault("layers", [])
    if side is None:
        return layers
    for layer in layers:
        if layer.get("kind") == "route":
            found: list[Content] = layer.setdefault(side, [])
            return found
    raise EditRefused("There is no route here.", "Reload the page.")


def _with_sound_first(document: Content) -> Content:
    """Nothing is before the first layer, of a branch neither: what it would see goes."""
    for path, _, layer in layers_of(document):
        if path[-1] or layer.get("kind") == "route":
            continue
        if layer.get("sees", "none") != "none":
            del layer["sees"]
        if kind_of(layer) == "draft" and layer.get("window") is None:
            layer.pop("pack", None)
    return document
