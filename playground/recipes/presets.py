"""The mixtures that ship with the product, bound to the models that are at hand.

The files name their models `first`, `second` and `third`; with fewer models than
that, the names go round. One model at different temperatures still drafts differently.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from playground.recipes.documents import Document, load_document

_FILES = Path(__file__).with_name("presets")
# What the first start makes, in the order of the home page: from one call to seven.
FIRST = ("single", "moa-lite-2-1", "two-rounds")
# All that one can begin a recipe from.
SLUGS = (*FIRST, "self-consistency", "more-agents")
_SEATS = ("first", "second", "third")


def preset(slug: str, aliases: Sequence[str]) -> Document:
    """A preset with its seats filled by these aliases, at least one."""
    text = (_FILES / f"{slug}.yaml").read_text(encoding="utf-8")
    seats = dict(zip(_SEATS, islice(cycle(aliases), len(_SEATS)), strict=True))
    content = load_document(text).content
    for layer in content["layers"]:
        for slot in layer.get("slots", ()):
            slot["model"] = seats[slot["model"]]
    return Document(content, text)
