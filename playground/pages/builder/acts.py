"""What the builder's buttons, keys and drags do: `do` names an act and its arguments.

An act takes the document and the chosen place, and gives both anew with a word for
what it did. Whatever names a part that is not there raises EditRefused.
"""

from __future__ import annotations

import re

from playground.pages.builder.desks import Act, Desk, Done, another
from playground.pages.builder.layer_acts import (
    LAYER_ACTS,
    copy_chosen,
    remove_chosen,
)
from playground.pages.builder.places import Place, read_place
from playground.recipes import editing
from playground.recipes.editing import ABSENT, EditRefused
from playground.recipes.outline import outline_of

# Numbers in `do` are positions from 0: `slot-to:0.2:1.0` is from layer 0, slot 2.
_DO = re.compile(r"([a-z-]{1,20})((?::[0-9.]{1,24})*)", re.ASCII)


def perform(do: str, desk: Desk) -> Done:
    """Do what a button or a key asks for."""
    if do.startswith("go:"):
        return Done(desk.document, read_place(do[3:], desk.layers))
    if do.startswith("drop:"):
        return _drop(desk, do[5:])
    found = _DO.fullmatch(do)
    act = _ACTS.get(found[1]) if found else None
    if found is None or act is None:
        raise EditRefused(f"Nobody knows how to “{do[:40]}” here.")
    try:
        numbers = [int(each) for each in re.findall(r"\d{1,4}", found[2])]
        return act(desk, numbers)
    except (IndexError, ValueError):
        raise EditRefused(f"“{do[:40]}” does not say enough.") from None


def _slot_add(desk: Desk, to: list[int]) -> Done:
    layer = to[0] if to else desk.layer
    chosen = desk.place.slot if layer == desk.place.layer else None
    _refuse_in_vote(desk, layer)
    known = desk.layers[layer].slots if layer < len(desk.layers) else ()
    after = len(known) if chosen is None else chosen + 1
    slot = {"model": another(desk.aliases, [each.model for each in known])}
    edited = editing.add_slot(desk.document, layer, slot, position=after)
    return Done(edited, Place(layer, after), f"new slot in layer {layer + 1}")


def _refuse_in_vote(desk: Desk, layer: int) -> None:
    here = desk.layers[layer] if layer < len(desk.layers) else None
    if here is not None and here.kind == "vote":
        raise EditRefused("A vote has no slots: it counts the drafts before it.")
    if here is not None and here.kind == "route":
        raise EditRefused("A route asks one model at most: choose it in its form.")


def _slot_copy(desk: Desk, _: list[int]) -> Done:
    edited = editing.copy_slot(desk.document, desk.layer, desk.slot)
    return Done(edited, Place(desk.layer, desk.slot + 1), "copy of a slot")


def _slot_remove(desk: Desk, _: list[int]) -> Done:
    label = desk.layers[desk.layer].slots[desk.slot].label
    edited = editing.remove_slot(desk.document, desk.layer, desk.slot)
    place = desk.place.within(outline_of(edited))
    return Done(edited, place, f"removal of slot {label}")


def _slot_by(step: int) -> Act:
    def act(desk: Desk, _: list[int]) -> Done:
        to = max(0, min(desk.slot + step, len(desk.layers[desk.layer].slots) - 1))
        return _moved(desk, desk.place, Place(desk.layer, to))

    return act


def _slot_across(step: int) -> Act:
    def act(desk: Desk, _: list[int]) -> Done:
        to = desk.layer + step
        if not 0 <= to < len(desk.layers):
            return Done(desk.document, desk.place)
        return _moved(desk, desk.place, Place(to, desk.slot))

    return act


def _slot_to(desk: Desk, numbers: list[int]) -> Done:
    layer, slot, to_layer, to = numbers
    return _moved(desk, Place(layer, slot), Place(to_layer, to))


def _moved(desk: Desk, start: Place, end: Place) -> Done:
    layer, to_layer = start.layer or 0, end.layer or 0
    _refuse_in_vote(desk, to_layer)
    edited = editing.move_slot(
        desk.document, layer, start.slot or 0, to_layer=to_layer, to=end.slot or 0
    )
    return Done(edited, end.within(outline_of(edited)), "move of a slot")


def _duplicate(desk: Desk, _: list[int]) -> Done:
    """What the key D means: the slot, or the layer where no slot is chosen."""
    return copy_chosen(desk, _) if desk.place.slot is None else _slot_copy(desk, _)


def _remove(desk: Desk, _: list[int]) -> Done:
    return remove_chosen(desk, _) if desk.place.slot is None else _slot_remove(desk, _)


def _fallback_remove(desk: Desk, numbers: list[int]) -> Done:
    path = [*desk.place.path_in(desk.layers), "fallback"]
    edited = editing.remove_item(desk.document, path, numbers[0])
    return Done(edited, desk.place, "removal of a fallback")


def _fallback_up(desk: Desk, numbers: list[int]) -> Done:
    path = [*desk.place.path_in(desk.layers), "fallback"]
    edited = editing.move_item(desk.document, path, numbers[0], numbers[0] - 1)
    return Done(edited, desk.place, "order of fallbacks")


def add_fallback(desk: Desk, alias: str) -> Done:
    """A further fallback of the chosen slot; none when no model was chosen."""
    if not alias or desk.slot < 0:
        return Done(desk.document, desk.place)
    path = [*desk.place.path_in(desk.layers), "fallback"]
    edited = editing.add_item(desk.document, path, alias)
    return Done(edited, desk.place, "new fallback")


def _variable_add(desk: Desk, _: list[int]) -> Done:
    listed = desk.document.get("variables")
    names = [each.get("name") for each in listed or [] if isinstance(each, dict)]
    number = next(n for n in range(1, 10_000) if f"variable_{n}" not in names)
    variable = {"name": f"variable_{number}"}
    edited = editing.add_item(desk.document, ["variables"], variable)
    return Done(edited, Place(), "new variable")


def _sample_add(desk: Desk, _: list[int]) -> Done:
    edited = editing.add_item(desk.document, ["sample_prompts"], "")
    return Done(edited, Place(), "new sample prompt")


def _remove_from(key: str, what: str) -> Act:
    def act(desk: Desk, numbers: list[int]) -> Done:
        edited = editing.remove_item(desk.document, [key], numbers[0])
        return Done(edited, Place(), f"removal of a {what}")

    return act


def _drop(desk: Desk, path: str) -> Done:
    """Take out a key that the form has no field for."""
    keys = [
        int(part[1:-1]) if part.startswith("[") else part
        for part in re.findall(r"\[\d{1,4}\]|[^.\[\]]+", path)
    ]
    if not keys or editing.get_value(desk.document, keys) is ABSENT:
        raise EditRefused(f"There is no “{path[:60]}” to take out.")
    edited = editing.set_value(desk.document, keys, ABSENT)
    return Done(edited, desk.place.within(outline_of(edited)), f"removal of {keys[-1]}")


_ACTS: dict[str, Act] = {
    **LAYER_ACTS,
    "slot-add": _slot_add,
    "slot-copy": _slot_copy,
    "slot-remove": _slot_remove,
    "slot-up": _slot_by(-1),
    "slot-down": _slot_by(1),
    "slot-left": _slot_across(-1),
    "slot-right": _slot_across(1),
    "slot-to": _slot_to,
    "duplicate": _duplicate,
    "remove": _remove,
    "fallback-remove": _fallback_remove,
    "fallback-up": _fallback_up,
    "variable-add": _variable_add,
    "variable-remove": _remove_from("variables", "variable"),
    "sample-add": _sample_add,
    "sample-remove": _remove_from("sample_prompts", "sample prompt"),
}
