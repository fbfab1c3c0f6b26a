"""A rank layer as its section shows it: what each judge said of which draft, who leads.

While judges write, what they have said so far is read as the engine reads it; once the
layer is over, its ranking is shown as it was journalled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import quote

from playground.engine.judging import Names, Unreadable
from playground.engine.rankings import Judgement, Ranking
from playground.engine.ruling import labels, read
from playground.engine.shapes import Contest, Layer, Slot
from playground.live.drawing import slot_hue
from playground.live.seats import DraftView
from playground.web.formats import NONE

_MEDALS = {1: "gold", 2: "silver", 3: "bronze"}
_VALUES = {
    "max_logits": "Mean difference",
    "max_wins": "Wins",
    "bubble": "Known better",
    "listwise": "Mean rank",
    "score": "Mean score",
}
_GISTS = {
    "max_logits": "Judges compare every two drafts in both orders; the mean difference counts.",
    "max_wins": "Judges compare every two drafts in both orders; wins count.",
    "bubble": "Judges compare two drafts in both orders, and the better one with the next.",
    "listwise": "Each judge puts the drafts in order, but its own, shuffled for each; the mean rank counts.",
    "score": "Each judge gives every draft a score from 1 to 10; the mean counts.",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One judgement: its draft, what it came to in short and in words."""

    draft: DraftView
    figure: str
    words: str
    tone: str
    reason: str = ""
    about: tuple[DraftView, ...] = ()

    @property
    def href(self) -> str:
        """Where all of it can be read."""
        return f"?view=focus&draft={quote(self.draft.key)}"

    @property
    def hue(self) -> str:
        """Its judge's."""
        return self.draft.hue

    @property
    def title(self) -> str:
        """Who judged what, and how."""
        order = " before ".join(draft.name for draft in self.about)
        return f"{self.draft.name}{f', shown {order}' if order else ''}: {self.words}"


@dataclass(frozen=True, slots=True)
class Line:
    """A draft in the table, with what each judge said of it."""

    draft: DraftView
    rank: str
    medal: str
    value: str
    is_kept: bool
    cells: tuple[tuple[Mark, ...], ...]


@dataclass(frozen=True, slots=True)
class Judge:
    """One judge in the strip: how far it is."""

    slot: Slot
    hue: str
    drafts: tuple[DraftView, ...]

    @property
    def asked(self) -> tuple[DraftView, ...]:
        """Its judgements that somebody has to make."""
        return tuple(draft for draft in self.drafts if draft.status != "skipped")

    @property
    def done(self) -> int:
        """How many of its judgements are there."""
        return sum(draft.status == "done" for draft in self.drafts)

    @property
    def tally(self) -> str:
        """`3 of 12`."""
        return f"{self.done} of {len(self.asked)}"

    @property
    def state(self) -> str:
        """The glyph's name."""
        states = {each.status if each.is_unread else each.state for each in self.asked}
        for state in ("writing", "sent", "retry"):
            if state in states:
                return state
        if states - {"done", "failed", "stopped"}:
            return "waiting"
        if not states:
            return "skipped"
        return "done" if "done" in states else min(states)

    @property
    def word(self) -> str:
        """The state in words."""
        words = {"sent": "asked", "retry": "asks again", "skipped": "not asked"}
        return words.get(self.state, self.state)


@dataclass(frozen=True)
class Board:
    """All that a rank layer shows. `ranked` are its drafts, `drafts` its judgements."""

    layer: Layer
    contest: Contest
    ranked: tuple[DraftView, ...]
    drafts: Sequence[DraftView]
    ranking: Ranking | None
    all_drafts: Mapping[str, DraftView]

    @property
    def gist(self) -> str:
        """How it ranks, in a sentence, and how many go on."""
        gist = _GISTS[self.contest.combine or self.contest.method]
        keep = self.contest.keep
        return gist if keep is None else f"{gist} The best {_best(keep)} on."

    @property
    def judges(self) -> tuple[Judge, ...]:
        """The layer's judges in order."""
        return tuple(
            Judge(
                slot,
                slot_hue(self.layer, slot),
                tuple(each for each in self.drafts if each.label == slot.label),
            )
            for slot in self.layer.slots
        )

    @property
    def tally(self) -> str:
        """`7 of 12`, for the strip and the head."""
        asked = [draft for draft in self.drafts if draft.status != "skipped"]
        done = sum(draft.status == "done" for draft in asked)
        return f"{done} of {len(asked)}"

    @property
    def is_matrix(self) -> bool:
        """True where two drafts are compared at a time."""
        return self.contest.method == "pairwise"

    @property
    def value_name(self) -> str:
        """What the last column counts."""
        return _VALUES[self.contest.combine or self.contest.method]

    @cached_property
    def marks(self) -> tuple[Mark, ...]:
        """Every judgement that somebody has to make, in the judges' order."""
        return tuple(
            self._mark(draft) for draft in self.drafts if draft.status != "skipped"
        )

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The drafts, the best first; as they came while nobody knows."""
        if self.ranking is None:
            return tuple(self._line(draft) for draft in self.ranked)
        ranks = [each.rank for each in self.ranking.standings]
        return tuple(
            self._line(
                self.all_drafts[each.key],
                rank=f"{'=' if ranks.count(each.rank) > 1 else ''}{each.rank}",
                medal=_MEDALS.get(each.rank, "") if self.ranking.can_rank else "",
                value=NONE if each.value is None else f"{each.value:.3g}",
                is_kept=each.key in self.ranking.kept,
            )
            for each in self.ranking.standings
        )

    @property
    def caption(self) -> str:
        """How the table is to be read."""
        if self.contest.method == "pairwise":
            return (
                "A row's draft was shown first, a column's second: above 0 the first is "
                "better, below 0 the second."
            )
        if self.contest.method == "score":
            return "The score that each judge gave, from 1 to 10."
        return f"The place that each judge gave; {NONE} for drafts of its own."

    @property
    def reasons(self) -> tuple[Mark, ...]:
        """The judgements that give a reason."""
        return tuple(mark for mark in self.marks if mark.reason)

    @property
    def columns(self) -> tuple[DraftView, ...]:
        """The drafts that stand at the head of the matrix: those of the lines."""
        return tuple(line.draft for line in self.lines)

    @property
    def verdict(self) -> str:
        """What it came to, in a sentence."""
        return "" if self.ranking is None else self.ranking.notes[0]

    def _line(
        self,
        draft: DraftView,
        *,
        rank: str = "",
        medal: str = "",
        value: str = "",
        is_kept: bool = False,
    ) -> Line:
        return Line(draft, rank, medal, value, is_kept, tuple(self._cells(draft)))

    def _cells(self, draft: DraftView) -> Iterator[tuple[Mark, ...]]:
        """In a matrix a cell for each other draft, shown second; else one for each judge."""
        if self.is_matrix:
            for other in self._others:
                pair = (draft.key, other.key)
                yield tuple(mark for mark in self.marks if _keys(mark) == pair)
            return
        for slot in self.layer.slots:
            yield tuple(
                self._of(mark, draft)
                for mark in self.marks
                if mark.draft.label == slot.label and draft.key in _keys(mark)
            )

    @property
    def _others(self) -> Sequence[DraftView]:
        if self.ranking is None:
            return self.ranked
        return [self.all_drafts[each.key] for each in self.ranking.standings]

    def _of(self, mark: Mark, draft: DraftView) -> Mark:
        """What a list says of one of its drafts."""
        found = self._said.get(mark.draft.key)
        if self.contest.method != "listwise" or found is None or not found.places:
            return mark
        place = dict(zip(found.shown, found.places, strict=True))[draft.key]
        return replace(mark, figure=f"{place:g}")

    @cached_property
    def _said(self) -> dict[str, Judgement]:
        if self.ranking is not None:
            return {each.key: each for each in self.ranking.judgements if each.counts}
        found = (self._read(draft) for draft in self.drafts if draft.status == "done")
        return {each.key: each for each in found if isinstance(each, Judgement)}

    def _read(self, draft: DraftView) -> Judgement | Unreadable:
        shown = [each.key for each in draft.references]
        names = Names(dict(zip(labels(len(shown)), shown, strict=True)))
        return read(self.contest.method, draft.key, draft.text, names, draft.margin)

    def _mark(self, draft: DraftView) -> Mark:
        about = tuple(self.all_drafts[each.key] for each in draft.references)
        found = self._said.get(draft.key)
        if found is None:
            state = "done" if draft.is_unread else draft.state
            figure, words = _WITHOUT.get(state, ("·", "not asked yet"))
            return Mark(draft, figure, words, state, about=about)
        if found.shown:
            about = tuple(self.all_drafts[key] for key in found.shown)
        figure, words, tone = _told(found, about)
        return Mark(draft, figure, words, tone, found.reason, about)


_WITHOUT = {
    "done": ("?", "could not be read"),
    "failed": ("✕", "failed"),
    "stopped": ("✕", "stopped"),
    "writing": ("…", "is being written"),
    "sent": ("…", "no word yet"),
    "retry": ("…", "is asked again"),
}


def _told(found: Judgement, about: Sequence[DraftView]) -> tuple[str, str, str]:
    """A judgement in short, in words, and as a tone."""
    if found.margin is not None:
        first, second = (draft.name for draft in about)
        if found.margin == 0:
            return "0", "neither is better", "level"
        better, tone = (first, "won") if found.margin > 0 else (second, "lost")
        by = " by the odds of its token" if found.by_odds else ""
        figure = f"{found.margin:+.2g}".replace("-", "\N{MINUS SIGN}")
        return figure, f"{better} is better{by}", tone
    if found.score is not None:
        return f"{found.score:g}", f"{found.score:g} of 10", "scored"
    order = sorted(zip(found.places, about, strict=True), key=lambda each: each[0])
    said = ", ".join(f"{place:g} {draft.name}" for place, draft in order)
    return "", said, "listed"


def _keys(mark: Mark) -> tuple[str, ...]:
    return tuple(draft.key for draft in mark.about)


def _best(keep: int) -> str:
    return "one goes" if keep == 1 else f"{keep} go"
