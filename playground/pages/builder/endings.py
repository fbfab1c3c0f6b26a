"""A recipe that is not finished: its last layer leaves several drafts, and what comes next.

No fault before somebody saves: until then it is the next thing to do, and what is there
has its estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playground.engine.errors import Problem
from playground.engine.plan import LEAVES_SEVERAL
from playground.engine.routes import SIDES
from playground.recipes.editing import ABSENT, Content, add_item, get_value
from playground.recipes.outline import LayerOutline, spelled_path
from playground.web.formats import counted

_LISTS = (None, *SIDES)


@dataclass(frozen=True, slots=True)
class Ending:
    """A layer after which something is to come, and the act that adds it."""

    layer: LayerOutline

    @property
    def act(self) -> str:
        """What the button does."""
        return f"layer-add:{_LISTS.index(self.layer.side)}.{self.layer.at + 1}"

    @property
    def next_path(self) -> str:
        """Where what is to come will stand."""
        return spelled_path((*self.layer.path[:-1], self.layer.at + 1))

    @property
    def leaves(self) -> str:
        """How many drafts there are, in words."""
        return counted(self.layer.passed_on, "draft")


def is_ending(problem: Problem) -> bool:
    """True for the one fault of a recipe that somebody is still building."""
    return problem.message.startswith(LEAVES_SEVERAL)


def endings(
    layers: Sequence[LayerOutline], problems: Sequence[Problem]
) -> list[Ending]:
    """Where something is still to come."""
    open_ends = {problem.path for problem in problems if is_ending(problem)}
    return [Ending(layer) for layer in layers if spelled_path(layer.path) in open_ends]


def finished(document: Content, ends: Sequence[Ending]) -> Content:
    """The document with a vote at each end: that calls nothing and leaves one draft."""
    for end in ends:
        vote: dict[str, Any] = {"kind": "vote"}
        path = end.layer.path[:-1]
        if get_value(document, path) is not ABSENT:
            document = add_item(document, path, vote)
    return document
