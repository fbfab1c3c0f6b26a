"""What differs between two recipes, path by path, in the words of the form.

Layers are matched by what they hold, slots by their label, so that an insertion is one
change and not a change of everything behind it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from playground.engine.routes import SIDES
from playground.recipes.editing import ABSENT
from playground.recipes.outline import labels_of

Manner = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: where, and what stood there before and stands there after."""

    place: tuple[str, ...]
    manner: Manner
    before: Any = ABSENT
    after: Any = ABSENT

    @property
    def old(self) -> str:
        """What stood there, written for people."""
        return spelled(self.before)

    @property
    def new(self) -> str:
        """What stands there, written for people."""
        return spelled(self.after)

    @property
    def long(self) -> bool:
        """True when it does not fit into a line of a table."""
        return any(len(text) > 60 or "\n" in text for text in (self.old, self.new))


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Every difference between two drawable documents, in reading order."""
    head = _mappings((), before, after, leave_out=("layers",))
    layers = _layers(before.get("layers", []), after.get("layers", []))
    return [*head, *layers]


def spelled(value: Any) -> str:
    """A value for people: text as it is, lists by commas, the rest as JSON."""
    if value is ABSENT:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False, indent=1 if _deep(value) else None)


def _deep(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    return isinstance(value, dict | list) and any(
        isinstance(each, dict | list) for each in inner
    )


def _layers(
    before: Sequence[dict[str, Any]],
    after: Sequence[dict[str, Any]],
    *,
    inside: tuple[str, ...] = (),
    first: tuple[int, int] = (1, 1),
) -> Iterator[Change]:
    """The layers of a list, or of a branch; `first` are the numbers that they begin with."""
    names = _layer_names(before, first[0]), _layer_names(after, first[1])
    for old, new in _matched(before, after):
        if old is None and new is not None:
            yield Change((*inside, names[1][new][0]), "added", after=after[new])
        elif new is None and old is not None:
            yield Change((*inside, names[0][old][0]), "removed", before=before[old])
        elif old is not None and new is not None:
            place = (*inside, names[1][new][0])
            numbers = names[0][old][1], names[1][new][1]
            yield from _one_layer(place, before[old], after[new], numbers)


def _one_layer(
    place: tuple[str, ...],
    before: dict[str, Any],
    after: dict[str, Any],
    numbers: tuple[int, int],
) -> Iterator[Change]:
    yield from _mappings(place, before, after, leave_out=("slots", *SIDES))
    yield from _slots(place, before, after)
    old, new = numbers[0] + 1, numbers[1] + 1
    for side in SIDES:
        was, now = before.get(side, []), after.get(side, [])
        yield from _layers(was, now, inside=(*place, side), first=(old, new))
        old, new = old + len(was), new + len(now)


def _matched(
    before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]
) -> Iterator[tuple[int | None, int | None]]:
    """Pairs of positions: equal layers first, what is between them in order."""
    old, new = ([_exact(each) for each in layers] for layers in (before, after))
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for _, first, first_end, second, second_end in blocks:
        yield from _paired(range(first, first_end), range(second, second_end))


def _paired(one: range, other: range) -> Iterator[tuple[int | None, int | None]]:
    for step in range(max(len(one), len(other))):
        yield (
            one[step] if step < len(one) else None,
            other[step] if step < len(other) else None,
        )


def _slots(
    place: tuple[str, ...], before: dict[str, Any], after: dict[str, Any]
) -> Iterator[Change]:
    old, new = _by_label(before), _by_label(after)
    for label, slot in old.items():
        if label not in new:
            yield Change((*place, f"slot {label}"), "removed", before=slot)
    for label, slot in new.items():
        here = (*place, f"slot {label}")
        if label in old:
            yield from _mappings(here, old[label], slot, leave_out=("label",))
        else:
            yield Change(here, "added", after=slot)
    shared = [
        [label for label in one if label in new and label in old] for one in (old, new)
    ]
    if shared[0] != shared[1]:
        yield Change((*place, "order of slots"), "moved", *shared)


def _by_label(layer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    slots: Sequence[dict[str, Any]] = layer.get("slots", [])
    found: dict[str, dict[str, Any]] = {}
    for label, slot in zip(labels_of(layer), slots, strict=True):
        # Two of one label are a fault that the form tells; here both are shown.
        found[label if label not in found else f"{label} (again)"] = slot
    return found


def _mappings(
    place: tuple[str, ...],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    leave_out: Sequence[str] = (),
) -> Iterator[Change]:
    for key in dict.fromkeys((*before, *after)):
        if key not in leave_out:
            old, new = before.get(key, ABSENT), after.get(key, ABSENT)
            yield from _values((*place, words_of(key)), old, new)


def _values(place: tuple[str, ...], old: Any, new: Any) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        # A parameter is known by its own name.
        inner = place[:-1] if place[-1] == words_of("params") else place
        yield from _mappings(inner, old, new)
    elif old is ABSENT:
        yield Change(place, "added", after=new)
    elif new is ABSENT:
        yield Change(place, "removed", before=old)
    elif _exact(old) != _exact(new):
        yield Change(place, "changed", old, new)


def _layer_names(
    layers: Sequence[dict[str, Any]], number: int
) -> list[tuple[str, int]]:
    """Each layer's name and number: those of a route's branches are counted after it."""
    names = []
    for layer in layers:
        name, told = layer.get("name"), f"Layer {number}"
        shown = f"{told} “{name}”" if isinstance(name, str) and name else told
        names.append((shown, number))
        number += 1 + sum(len(layer.get(side, [])) for side in SIDES)
    return names


def words_of(key: str) -> str:
    """A key of the format as the form calls it."""
    return _WORDS.get(key, key)


_WORDS = {
    "params": "parameters",
    "max_tokens": "writes at most",
    "system_prompt": "system prompt",
    "sample_prompts": "sample prompts",
    "max_cost_usd": "costs at most",
    "deadline_s": "deadline",
    "max_calls": "calls at most",
    "timeout_s": "time limit",
    "grace_s": "grace",
    "max_parallel": "calls at once",
    "on_fail": "if a slot fails",
    "pack": "references",
    "strip_reasoning": "leave out reasoning",
    "anonymise": "hide the models",
    "top_p": "top p",
    "reasoning_effort": "reasoning effort",
    "fallback": "fallbacks",
    "by": "who scores the prompt",
    "max_chars": "each at most",
}


def _exact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
