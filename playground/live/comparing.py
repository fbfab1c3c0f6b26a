"""Two texts of one run, laid beside each other: any two of its drafts and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from playground.live.figures import RunView
from playground.live.seats import DraftView
from playground.web.differing import DiffRow, TextDiff, diff_texts


@dataclass(frozen=True, slots=True)
class Comparing:
    """What the compare view shows."""

    choices: tuple[DraftView, ...]
    left: DraftView
    right: DraftView
    diff: TextDiff
    side_by_side: bool
    only_different: bool

    @property
    def left_name(self) -> str:
        """What the left text is called."""
        return _name(self.left)

    @property
    def right_name(self) -> str:
        """What the right text is called."""
        return _name(self.right)

    @property
    def sides(self) -> list[tuple[dict[str, str], DraftView]]:
        """The two pickers: field name and label, and what is chosen."""
        return [
            ({"name": "left", "label": "Left"}, self.left),
            ({"name": "right", "label": "Right"}, self.right),
        ]

    @property
    def rows(self) -> list[DiffRow]:
        """The rows to show."""
        if not self.only_different:
            return list(self.diff.rows)
        return [row for row in self.diff.rows if row.kind != "same"]


def comparing_of(view: RunView, asked: Mapping[str, str]) -> Comparing | None:
    """The two that `asked` names by `left` and `right`; None with fewer than two texts.

    A key that is missing or unknown is filled in: the answer, else the newest text, on
    the right; on the left what it read first. `layout` is `side` or `inline`, `only` is
    `changed` or absent.
    """
    written = (draft for draft in view.drafts.values() if draft.text)
    choices = tuple(draft for draft in written if not draft.is_judgement)
    if len(choices) < 2:
        return None
    by_key = {draft.key: draft for draft in choices}
    right = by_key.get(asked.get("right", "")) or view.answer or choices[-1]
    left = by_key.get(asked.get("left", "")) or _opposite(choices, right)
    return Comparing(
        choices=choices,
        left=left,
        right=right,
        diff=diff_texts(left.text, right.text),
        side_by_side=asked.get("layout") != "inline",
        only_different=asked.get("only") == "changed",
    )


def _name(draft: DraftView) -> str:
    return "the answer" if draft.is_answer else draft.name


def _opposite(choices: tuple[DraftView, ...], right: DraftView) -> DraftView:
    read = [shown.key for shown in right.references]
    others = [draft for draft in choices if draft.key != right.key]
    return next((draft for draft in others if draft.key in read), others[0])
