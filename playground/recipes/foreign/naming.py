"""Foreign names of models, and the catalogue's models that may stand for them."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, islice, product
from typing import Any

from rapidfuzz import fuzz

from playground.recipes.foreign.settings import shown_name

# Below this, two names have no more in common than any two names.
_ALIKE = 62.0
_MOST_NAMES = 200
_LONGEST = 200
# What follows a colon in names of local models says a size, not a name.
_TAG = re.compile(r"latest|v?\d[\d.]*[a-z]?(?:[-_].*)?")


@dataclass(frozen=True, slots=True)
class Guess:
    """A model that the catalogue lacks, and the alias that seems to be meant."""

    name: str
    slots: int
    alias: str
    likeness: float

    @property
    def shown(self) -> str:
        """The name as pages repeat it."""
        return shown_name(self.name)

    @property
    def how(self) -> str:
        """How sure it is: `same`, `alike` or `any`."""
        if self.likeness >= 100:
            return "same"
        return "alike" if self.likeness >= _ALIKE else "any"


def guesses(content: Mapping[str, Any], catalogue: Mapping[str, str]) -> list[Guess]:
    """The models outside the catalogue (alias to provider's name), each with a guess.

    Names that are like nothing take turns, so that different ones stay different.
    """
    used: dict[str, int] = {}
    for holder, key in _places(content):
        used[holder[key]] = used.get(holder[key], 0) + 1
    turns = cycle(sorted(catalogue))
    missing = (name for name in used if name.strip() and name not in catalogue)
    return [
        _guess(name, used[name], catalogue, turns)
        for name in islice(missing, _MOST_NAMES)
    ]


def _guess(
    name: str, slots: int, catalogue: Mapping[str, str], turns: Iterator[str]
) -> Guess:
    likeness, alias = max(
        (
            (max(_likeness(name, alias), _likeness(name, model)), alias)
            for alias, model in sorted(catalogue.items(), reverse=True)
        ),
        default=(0.0, ""),
    )
    if likeness < _ALIKE:
        alias = next(turns, "")
    return Guess(name, slots, alias, likeness)


def _likeness(one: str, other: str) -> float:
    """From 0 to 100: how alike two names are, whoever serves the model."""
    pairs = product(_forms(one), _forms(other))
    return max((fuzz.token_sort_ratio(*pair) for pair in pairs), default=0.0)


def _forms(name: str) -> set[str]:
    """A name in words: as it is, and without who makes or serves the model."""
    tails = (name, name.rpartition("/")[2], name.rpartition(":")[2])
    forms = {_words(tail) for tail in tails if not _TAG.fullmatch(tail)}
    return {form for form in forms if form}


def _words(name: str) -> str:
    parted = re.sub(r"(?<=[a-z])(?=\d)", " ", name[:_LONGEST].lower())
    return " ".join(re.findall(r"[a-z]+|\d+(?:\.\d+)?[a-z]*", parted))


def renamed(content: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The document with these models under their aliases; others as they were."""
    changed = copy.deepcopy(dict(content))
    for holder, key in list(_places(changed)):
        holder[key] = names.get(holder[key], holder[key])
    return changed


def _places(content: Any) -> Iterator[tuple[Any, Any]]:
    """Wherever a layer, or a layer of a branch, names a model: its holder and its key."""
    if isinstance(content, Mapping):
        yield from _slots(content.get("slots"))
        for name in ("layers", "above", "below"):
            yield from _places(content.get(name))
    elif isinstance(content, list):
        for each in content:
            yield from _places(each)


def _slots(slots: Any) -> Iterator[tuple[Any, Any]]:
    for slot in slots if isinstance(slots, list) else []:
        if not isinstance(slot, dict):
            continue
        if isinstance(slot.get("model"), str):
            yield slot, "model"
        fallback = slot.get("fallback")
        for place, alias in enumerate(fallback if isinstance(fallback, list) else []):
            if isinstance(alias, str):
                yield fallback, place
