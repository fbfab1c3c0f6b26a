"""What the builder's acts work on, and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from playground.pages.builder.places import Place
from playground.recipes.editing import Content, EditRefused
from playground.recipes.outline import LayerOutline, outline_of


@dataclass(frozen=True, slots=True)
class Desk:
    """What an act works on; `aliases` are the models that there are, usual first."""

    document: Content
    place: Place
    aliases: Sequence[str]

    @property
    def layers(self) -> tuple[LayerOutline, ...]:
        """The layers as they are now."""
        return outline_of(self.document)

    @property
    def layer(self) -> int:
        """The chosen layer. EditRefused when the recipe as a whole is chosen."""
        if self.place.layer is None:
            raise EditRefused("Choose a layer first.")
        return self.place.layer

    @property
    def slot(self) -> int:
        """The chosen slot. EditRefused when none is."""
        if self.place.slot is None:
            raise EditRefused("Choose a slot first.")
        return self.place.slot


@dataclass(frozen=True, slots=True)
class Done:
    """What an act came to. An act without `what` only looks elsewhere."""

    document: Content
    place: Place
    what: str = ""


Act = Callable[[Desk, list[int]], Done]


def another(aliases: Sequence[str], taken: Sequence[str]) -> str:
    """A model that does not sit there yet, else the last one that does."""
    fresh = next((alias for alias in aliases if alias not in taken), None)
    return fresh or (taken[-1] if taken else "")
