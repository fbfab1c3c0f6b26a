"""A rank layer in a run: which judgement is about which drafts, what was said, who leads.

Every judgement is a draft of its own, so it is retried, stopped, timed, resumed and paid
like any other. A judge's samples number them: sample s is about the s-th pair, or draft,
of those that the layer was given; `samples: 2` goes through all of them twice. What a
judgement is about follows from the layer's inputs and the judgements before it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from playground.engine.findings import Unread
from playground.engine.judging import Names, Unreadable
from playground.engine.prompts import shown_order
from playground.engine.ranking import (
    Bracket,
    Pair,
    Unsaid,
    bubble,
    by_bracket,
    edge,
    margins_of,
    max_logits,
    max_wins,
    mean_rank,
    mean_score,
    pairs_of,
)
from playground.engine.rankings import Judgement, Ranking, Standing
from playground.engine.ruling import labels, read
from playground.engine.shapes import Contest
from playground.engine.state import DraftState, LayerState

NOT_NEEDED = "not needed: fewer drafts came than the recipe may bring"
OWN = "left to the other judges: its model wrote one of the drafts"
STANDS_IN = "not asked, it wrote one of the drafts"


@dataclass(frozen=True, slots=True)
class Idle:
    """A judgement that nobody has to make, and why."""

    cause: str


@dataclass(frozen=True, slots=True)
class Barred:
    """A judgement that a model which is to stand in may not make: it is partial."""

    alias: str


@dataclass(frozen=True, slots=True)
class Waits:
    """A judgement whose drafts are not known before others are made."""


@dataclass(frozen=True, slots=True)
class About:
    """A judgement of these drafts, in the order in which a judge is shown them.

    A list is still to be shuffled.
    """

    drafts: tuple[str, ...]


Assignment = About | Waits | Idle | Barred


@dataclass(frozen=True)
class Court:
    """One rank layer at one moment.

    `authors` are the aliases that wrote the drafts which are ranked, by their keys;
    `best_first` is how an earlier rank layer had put them. `identity` tells of two
    aliases whether they are one model, `draw` draws a seed for a purpose.
    """

    layer: LayerState
    authors: Mapping[str, str]
    best_first: tuple[str, ...]
    identity: Callable[[str], object]
    draw: Callable[..., int]

    @property
    def contest(self) -> Contest:
        """How the layer ranks."""
        contest = self.layer.layer.contest
        assert contest is not None  # noqa: S101 - only rank layers have a court
        return contest

    @property
    def keys(self) -> tuple[str, ...]:
        """The drafts that are ranked, as the layer was given them."""
        return self.layer.inputs

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Every pair in both orders, as the judges' samples number them."""
        return pairs_of(self.keys)

    def assigned(self, draft: DraftState, judge: str = "") -> Assignment:
        """What a judgement is about, for this alias or the one whose turn it is."""
        judge = judge or _asked(draft)
        unit = self._unit(draft)
        if unit >= self.contest.judgements(len(self.keys)):
            return Idle(NOT_NEEDED)
        drafts = self._list_of(judge) if self._is_list else self._subject(unit)
        if drafts is None:
            return Waits()
        if drafts and self._may_judge(judge, drafts):
            return About(drafts)
        return Idle(OWN) if judge == draft.planned.model else Barred(judge)

    def shown(self, draft: DraftState, judge: str = "") -> tuple[str, ...]:
        """What a judge is shown, in that order; some drafts, where it is not known yet."""
        about = self.assigned(draft, judge)
        keys = about.drafts if isinstance(about, About) else self.keys[:2]
        if not self._is_list:
            return keys
        if self.layer.layer.pack.order == "by_rank":
            return tuple(key for key in self.best_first if key in keys)
        return shown_order(keys, seed=self.seed_of(draft.name))

    def seed_of(self, key: str) -> int | None:
        """The seed of the order in which a judge is shown its list, where it is drawn."""
        is_drawn = self._is_list and self.layer.layer.pack.order == "shuffle"
        return self.draw(key, "shuffle") if is_drawn else None

    @cached_property
    def seed(self) -> int | None:
        """The seed of the order in which a bubble meets the drafts."""
        is_bubble = self.contest.combine == "bubble"
        return self.draw(str(self.layer.layer.index), "bubble") if is_bubble else None

    @cached_property
    def drawn(self) -> tuple[str, ...]:
        """The order in which a bubble meets the drafts; empty for other contests."""
        return () if self.seed is None else shown_order(self.keys, seed=self.seed)

    def fault_in(self, draft: DraftState, reply: str) -> str:
        """Why a judge's reply cannot be read; nothing when it can."""
        found = self._read(draft, self.shown(draft), reply)
        return found.reason if isinstance(found, Unreadable) else ""

    @cached_property
    def judgements(self) -> tuple[Judgement, ...]:
        """What has been said so far. Unreadable replies are among it, and say nothing."""
        made = [(each, each.there[0]) for each in self.layer.drafts if each.has_text]
        return tuple(
            self._said(draft, self.shown(draft, judge))
            for draft, judge in made
            if isinstance(self.assigned(draft, judge), About)
        )

    def _said(self, draft: DraftState, shown: tuple[str, ...]) -> Judgement:
        _, reply, margin = draft.there
        found = self._read(draft, shown, reply, margin)
        return found if isinstance(found, Judgement) else Judgement(draft.name, shown)

    def _read(
        self,
        draft: DraftState,
        shown: Sequence[str],
        reply: str,
        margin: float | None = None,
    ) -> Judgement | Unreadable:
        names = Names(dict(zip(labels(len(shown)), shown, strict=True)))
        return read(self.contest.method, draft.name, reply, names, margin)

    @property
    def ranking(self) -> Ranking:
        """All drafts in order, by what has been said."""
        standings = tuple(self._standings())
        keep = self.contest.keep or len(standings)
        return Ranking(
            method=self.contest.method,
            combine=self.contest.combine,
            standings=standings,
            kept=tuple(each.key for each in standings[:keep]),
            judgements=self.judgements,
            unread=tuple(
                Unread(draft.name, draft.unread)
                for draft in self.layer.drafts
                if draft.end == "done" and draft.unread
            ),
            unheard=tuple(self._unheard()),
            own=tuple(self._own()),
            drawn=self.drawn,
            seed=self.seed,
        )

    def _standings(self) -> Sequence[Standing]:
        said = self.judgements
        match self.contest.method, self.contest.combine:
            case "listwise", _:
                return mean_rank(self.keys, said)
            case "score", _:
                return mean_score(self.keys, said)
            case _, "bubble":
                return by_bracket(self.keys, self.bracket)
            case _, "max_wins":
                return max_wins(self.keys, margins_of(said))
            case _:
                return max_logits(self.keys, margins_of(said))

    # ── who judges what ──────────────────────────────────────────────────

    @property
    def _is_list(self) -> bool:
        return self.contest.method == "listwise"

    def _unit(self, draft: DraftState) -> int:
        """Which pair or draft it is about, from 0, whatever the round."""
        return (draft.key.sample - 1) % self.contest.judgements(self.contest.most)

    def _subject(self, unit: int) -> tuple[str, ...] | None:
        if self.contest.method == "score":
            return (self.keys[unit],)
        if self.contest.combine != "bubble":
            return self.pairs[unit]
        step, is_turned = divmod(unit, 2)
        if step >= len(self._met):
            return None
        return self._met[step][::-1] if is_turned else self._met[step]

    def _may_judge(self, judge: str, drafts: Sequence[str]) -> bool:
        """False where its model wrote one of these and a judge's of the recipe none."""
        return not self._is_partial(judge, drafts) or self._are_all_partial(drafts)

    def _are_all_partial(self, drafts: Sequence[str]) -> bool:
        """True when the recipe has no judge whose model wrote none of these."""
        slots = self.layer.layer.slots
        return all(self._is_partial(slot.model, drafts) for slot in slots)

    def _is_partial(self, judge: str, drafts: Sequence[str]) -> bool:
        """True when a model wrote some of what it is to weigh, and not all.

        A lone draft is weighed against all that the layer has.
        """
        own = [self._wrote(judge, key) for key in drafts]
        others = own if len(own) > 1 else [self._wrote(judge, key) for key in self.keys]
        return any(own) and not all(others)

    def _wrote(self, judge: str, key: str) -> bool:
        return self.identity(judge) == self.identity(self.authors[key])

    def _list_of(self, judge: str) -> tuple[str, ...]:
        """What a judge ranks: all but its own drafts, where others rank those.

        Nothing, where that is no list and another judge ranks all.
        """
        listed = tuple(key for key in self.keys if self._may_judge(judge, (key,)))
        if len(listed) > 1:
            return listed
        return self.keys if self._are_all_partial(self.keys) else ()

    # ── the bubble ───────────────────────────────────────────────────────

    @cached_property
    def bracket(self) -> Bracket:
        """How far the bubble is."""
        return self._walked[0]

    @property
    def _met(self) -> tuple[Pair, ...]:
        """The pairs that have been compared, and the one that is to be."""
        return self._walked[1]

    @cached_property
    def _walked(self) -> tuple[Bracket, tuple[Pair, ...]]:
        met: list[Pair] = []

        def edge_of(champion: str, other: str) -> float | Unsaid | None:
            met.append((champion, other))
            return self._edge_of(len(met) - 1, (champion, other))

        bracket = bubble(self.drawn, edge_of)
        return bracket, tuple(met)

    def _edge_of(self, step: int, pair: Pair) -> float | Unsaid | None:
        """How a comparison ended; None while a judgement of it is still to come."""
        said = []
        for draft in self.layer.drafts:
            at, is_turned = divmod(self._unit(draft), 2)
            if at != step:
                continue
            shown = pair[::-1] if is_turned else pair
            if self._may_judge(_asked(draft), shown):
                if draft.end is None:
                    return None
                said.append((draft, shown))
        judged = (self._said(*each) for each in said if each[0].has_text)
        return edge(*pair, margins_of(judged))

    # ── what is told of it ───────────────────────────────────────────────

    def _unheard(self) -> Iterator[str]:
        for draft in self.layer.drafts:
            planned = self.assigned(draft, draft.planned.model)
            if not draft.has_text and not isinstance(planned, Idle):
                yield draft.name

    def _own(self) -> Iterator[str]:
        """The judgements whose model wrote some of the drafts that it was shown."""
        judges = {draft.name: draft.there[0] for draft in self.layer.drafts}
        for each in self.judgements:
            if self._is_partial(judges[each.key], each.shown):
                yield each.key


def _asked(draft: DraftState) -> str:
    """The model that is asked for a judgement now, or that has made it."""
    if draft.end == "done":
        return draft.alias
    if draft.given is not None:
        return draft.given.alias
    return draft.next_alias or draft.slot.model


def is_past(layer: LayerState, draft: DraftState) -> bool:
    """True for a judgement of a bubble that later comparisons rest on already."""
    step = layer.layer.step(draft.key)
    return any(
        other.call is not None or other.last is not None or other.has_text
        for other in layer.drafts
        if layer.layer.step(other.key) > step
    )
