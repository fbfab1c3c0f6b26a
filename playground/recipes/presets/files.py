"""The presets' files: which there are, what they say of themselves, and their seats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from playground.recipes.documents import load_document

_FOLDER = Path(__file__).parent
NOTICE = "x_preset"
# From one call to many, and by what is done with the drafts.
ORDER = (
    "single",
    "moa-lite-2-1",
    "two-rounds",
    "moa-lite-6-1",
    "moa-6-6-1",
    "self-moa",
    "self-moa-seq",
    "self-consistency",
    "more-agents",
    "blender",
    "best-of-n",
    "council",
    "fusion",
    "sparse-moa",
    "routed-moa",
)
SLUGS = tuple(slug for slug in ORDER if (_FOLDER / f"{slug}.yaml").exists())
# What the first start makes.
FIRST = ("single", "moa-lite-2-1", "two-rounds")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a mixture is described."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What a file says of its mixture beside the recipe."""

    pays: str
    sources: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class PresetFile:
    """A file as read: `content` is a recipe whose models are seats. Not to be changed."""

    slug: str
    content: Mapping[str, Any]
    notice: Notice

    @property
    def seats(self) -> tuple[str, ...]:
        """Every seat, in the order of the slots."""
        return tuple(
            seat
            for slot in slots_of(self.content)
            for seat in (slot["model"], *slot.get("fallback", ()))
        )


@cache
def preset_file(slug: str) -> PresetFile:
    """The file of a preset. KeyError for a slug that is none."""
    if slug not in SLUGS:
        raise KeyError(slug)
    text = (_FOLDER / f"{slug}.yaml").read_text(encoding="utf-8")
    content = dict(load_document(text).content)
    told = content.pop(NOTICE)
    sources = tuple(Origin(**each) for each in told["sources"])
    return PresetFile(slug, content, Notice(told["pays"], sources))


def layers_of(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every layer in reading order, those in a route's branches after it."""
    for layer in document.get("layers", ()):
        yield layer
        for branch in ("above", "below"):
            yield from layers_of({"layers": layer.get(branch, ())})


def slots_of(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every slot of every layer."""
    for layer in layers_of(document):
        yield from layer.get("slots", ())
