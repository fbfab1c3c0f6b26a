"""From a preset and the models at hand to a recipe that can run, and what to say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from playground.recipes.documents import Document
from playground.recipes.presets.casting import (
    FEWEST_PARAMETERS,
    Candidate,
    Casting,
    cast_seats,
)
from playground.recipes.presets.files import Notice, preset_file, slots_of
from playground.recipes.presets.reading import most_read

MAX_TOKENS = 2048
# A tiny model rambles on to its limit, and the reader waits.
_TINY_MAX_TOKENS = 256
# What a model thinks before it writes counts as written.
_REASONING_FACTOR = 4
# Beside what it reads, a slot holds a prompt and its own text, each as long as a draft.
_OWN_SHARES = 2


@dataclass(frozen=True, slots=True)
class Bound:
    """A preset whose seats are taken: the recipe, who sits where, and the file's notice."""

    slug: str
    document: Document
    casting: Casting
    notice: Notice


def bind(slug: str, models: Iterable[Candidate]) -> Bound:
    """Bind a preset to these models, of which there is at least one.

    The same for the same models. KeyError for a slug that is no preset.
    """
    file = preset_file(slug)
    candidates = {each.alias: each for each in models}
    casting = cast_seats(file.seats, candidates.values())
    content = deepcopy(dict(file.content))
    for slot in slots_of(content):
        _seat(slot, casting)
    _fit(content, candidates)
    return Bound(slug, Document(content, ""), casting, file.notice)


def _seat(slot: dict[str, Any], casting: Casting) -> None:
    slot["model"] = casting.alias_of(slot["model"])
    if "fallback" in slot:
        others = dict.fromkeys(map(casting.alias_of, slot["fallback"]))
        slot["fallback"] = [alias for alias in others if alias != slot["model"]]


def _fit(content: dict[str, Any], models: Mapping[str, Candidate]) -> None:
    """Give each slot as many tokens as its model writes and its readers hold."""
    slots = list(slots_of(content))
    bound = [models[alias] for slot in slots for alias in _aliases(slot)]
    shares = most_read(content) + _OWN_SHARES
    held = min(each.context for each in bound) // shares
    for slot in slots:
        params = slot.setdefault("params", {})
        own = [models[alias] for alias in _aliases(slot)]
        params["max_tokens"] = max(1, min(held, _written(params, own)))
        if any(each.reasoning for each in own):
            params.pop("temperature", None)


def _aliases(slot: Mapping[str, Any]) -> tuple[str, ...]:
    return (slot["model"], *slot.get("fallback", ()))


def _written(params: Mapping[str, Any], own: Iterable[Candidate]) -> int:
    wanted = int(params.get("max_tokens", MAX_TOKENS))
    return min(_limit_of(each, wanted) for each in own)


def _limit_of(model: Candidate, wanted: int) -> int:
    if model.parameters < FEWEST_PARAMETERS:
        wanted = min(wanted, _TINY_MAX_TOKENS)
    if model.reasoning:
        wanted *= _REASONING_FACTOR
    return min(wanted, model.max_output)
