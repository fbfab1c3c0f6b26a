"""Quick, balanced, deep: a choice among a team's recipes by their number of layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playground.engine.ways import longest
from playground.pages.choices import Choice

SENTENCE = (
    "Depth counts layers: quick has one, balanced two, deep three or more. "
    "Of several recipes it takes the first preset, else the one with the fewest calls."
)
_DEEP = 3
_WORDS = {1: "Quick", 2: "Balanced", _DEEP: "Deep"}


@dataclass(frozen=True, slots=True)
class Depth:
    """One of the three, the recipe that it stands for, and whether that depth is chosen."""

    word: str
    choice: Choice | None
    current: bool


def depth_of(choice: Choice) -> int:
    """1, 2 or 3."""
    return min(longest(choice.plan), _DEEP)


def depths_of(choices: Sequence[Choice], chosen: Choice | None) -> list[Depth]:
    """The three depths. `choices` come presets first and smallest first."""
    meant = {
        layers: next((each for each in choices if depth_of(each) == layers), None)
        for layers in _WORDS
    }
    # Another recipe of that depth is not the one whose figures stand there.
    return [
        Depth(
            word, meant[layers], current=chosen is not None and chosen is meant[layers]
        )
        for layers, word in _WORDS.items()
    ]
