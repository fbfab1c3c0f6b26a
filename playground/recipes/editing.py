"""What can be done to a document: each operation takes one and returns another.

Layers are named by their position in reading order, from 0, those of a route's branches
included. A slot keeps its label through every move, so what refers to it (`primary`, a reader's
memory) goes on meaning the same; a label is written down only where position alone
would no longer give it. Keys that nobody touches stay as they are, absent ones absent.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from enum import Enum
from itertools import chain, count
from typing import Any, TypeVar

from playground.engine.seats import default_label
from playground.engine.shapes import Kind
from playground.recipes.outline import kind_of, labels_of, layers_of
from playground.web.refusals import Unprocessable

Content = dict[str, Any]
Path = Sequence[str | int]
_Seats = list[tuple[str | None, Content]]
_Part = TypeVar("_Part")


class Absent(Enum):
    """The value of a key that is not there: its default holds."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


class EditRefused(Unprocessable):
    """The operation names a part that is not there (any more)."""

    code = "bad_edit"


def get_value(document: Content, path: Path) -> Any:
    """What stands at a path, or ABSENT."""
    here: Any = document
    for key in path:
        here = _inner(here, key)
    return here


def _inner(here: Any, key: str | int) -> Any:
    if isinstance(here, dict) and isinstance(key, str):
        return here.get(key, ABSENT)
    if isinstance(here, list) and isinstance(key, int) and 0 <= key < len(here):
        return here[key]
    return ABSENT


def set_value(document: Content, path: Path, value: Any) -> Content:
    """Put a value at a path, or take it out when it is ABSENT.

    Mappings on the way are made where they are missing, and go with their last key.
    """
    edited = copy.deepcopy(document)
    _put(edited, list(path), value)
    return edited


def add_item(document: Content, path: Path, value: Any) -> Content:
    """Append to a list, which is made where there is none."""
    items = get_value(document, path)
    listed = list(items) if isinstance(items, list) else []
    return set_value(document, path, [*listed, value])


def remove_item(document: Content, path: Path, position: int) -> Content:
    """Take an item out of a list; an empty list goes too."""
    items = _items(document, path, position)
    left = items[:position] + items[position + 1 :]
    return set_value(document, path, left or ABSENT)


def move_item(document: Content, path: Path, position: int, to: int) -> Content:
    """Move an item of a list to another place in it."""
    items = list(_items(document, path, position))
    items.insert(max(0, to), items.pop(position))
    return set_value(document, path, items)


def add_slot(
    document: Content, layer: int, slot: Content, *, position: int | None = None
) -> Content:
    """A new slot in a layer, at its end unless a position is given."""
    edited, seats = _seated(document, layer)
    at = len(seats) if position is None else between(position, len(seats))
    fresh = {key: value for key, value in slot.items() if key != "label"}
    seats.insert(at, (None, copy.deepcopy(fresh)))
    return _reseated(edited, layer, seats)


def copy_slot(document: Content, layer: int, position: int) -> Content:
    """A slot once more, right behind itself."""
    _, seats = _seated(document, layer)
    _, slot = pick(seats, position, "slot")
    return add_slot(document, layer, slot, position=position + 1)


def remove_slot(document: Content, layer: int, position: int) -> Content:
    """Take a slot out; a `primary` that named it goes with it."""
    edited, seats = _seated(document, layer)
    label, _ = pick(seats, position, "slot")
    del seats[position]
    return _reseated(_without_primary(edited, layer, label), layer, seats)


def move_slot(
    document: Content, layer: int, position: int, *, to_layer: int, to: int
) -> Content:
    """Put a slot at another position, of its own layer or of another one."""
    edited, seats = _seated(document, layer)
    seat = pick(seats, position, "slot")
    if to_layer == layer:
        seats.remove(seat)
        seats.insert(between(to, len(seats)), seat)
        return _reseated(edited, layer, seats)
    _, there = _seated(edited, to_layer)
    left = remove_slot(edited, layer, position)
    label, slot = seat
    taken = {name for name, _ in there}
    kept = label if label not in taken else None
    if kept is None:
        slot.pop("label", None)
    there.insert(between(to, len(there)), (kept, slot))
    return _reseated(left, to_layer, there)


def _layer(document: Content, position: int) -> Content:
    return pick(list(layers_of(document)), position, "layer")[2]


def _seated(document: Content, layer: int) -> tuple[Content, _Seats]:
    """A copy of the document, and a layer's slots with their labels."""
    edited = copy.deepcopy(document)
    here = _layer(edited, layer)
    slots = here.setdefault("slots", [])
    return edited, list(zip(labels_of(here), slots, strict=True))


def _reseated(document: Content, layer: int, seats: _Seats) -> Content:
    """The document with these slots in a layer, each called as it was before."""
    here = _layer(document, layer)
    kind = kind_of(here)
    taken = {label for label, _ in seats if label is not None}
    slots = []
    for position, (known, slot) in enumerate(seats):
        default = default_label(kind, position)
        label = known or _free_label(kind, taken, default)
        taken.add(label)
        named = "label" in slot or label == default
        slots.append(slot if named else {"label": label, **slot})
    here["slots"] = slots
    return document


def _free_label(kind: Kind, taken: set[str], first: str) -> str:
    wanted = chain([first], (default_label(kind, place) for place in count()))
    return next(label for label in wanted if label not in taken)


def _without_primary(document: Content, layer: int, label: str | None) -> Content:
    here = _layer(document, layer)
    if here.get("primary") == label:
        del here["primary"]
    return document


def _put(here: Any, path: list[str | int], value: Any) -> None:
    key, rest = path[0], path[1:]
    if isinstance(key, int):
        pick(here, key, "item")
    if not rest:
        _put_last(here, key, value)
        return
    inner = _inner(here, key)
    if not isinstance(inner, dict | list):
        if value is ABSENT:
            return
        inner = here[key] = {}
    _put(inner, rest, value)
    if value is ABSENT and inner == {} and isinstance(here, dict):
        del here[key]


def _put_last(here: Any, key: str | int, value: Any) -> None:
    if value is not ABSENT:
        here[key] = copy.deepcopy(value)
    elif isinstance(here, list):
        del here[int(key)]
    else:
        here.pop(key, None)


def _items(document: Content, path: Path, position: int) -> list[Any]:
    items = get_value(document, path)
    if not isinstance(items, list):
        raise EditRefused("This list is no longer there.", "Reload the page.")
    pick(items, position, "item")
    return items


def pick(parts: Sequence[_Part], position: int, what: str) -> _Part:
    """The part at a position; EditRefused, naming `what` it is, when there is none."""
    if not 0 <= position < len(parts):
        raise EditRefused(
            f"There is no {what} {position + 1} here.",
            "It may have been moved or removed in another tab: reload the page.",
        )
    return parts[position]


def between(position: int, most: int) -> int:
    """The nearest place from 0 to `most`."""
    return max(0, min(position, most))
