"""Orders drafts by what judges said of them, and knows which judgement compares what.

Max-logits, max-wins and the bubble are those of LLM-Blender's PairRanker (Jiang, Ren and
Lin 2023, arXiv 2306.02561). M[i, j] is how far draft i is before draft j
when i is shown first: the mean of what all judges said of that pair in that order. A
judgement that says nothing adds nothing; it is never taken for a draw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from statistics import fmean
from typing import Literal

from playground.engine.rankings import Judgement, Standing

Pair = tuple[str, str]
# How a comparison ended of which no verdict is known.
Unsaid = Literal["unsaid"]
UNSAID: Unsaid = "unsaid"
# Sums of the same margins in another order may differ in their last bits.
_DIGITS = 9


def pairs_of(keys: Sequence[str]) -> tuple[Pair, ...]:
    """Every pair in both orders, the two orders of one pair behind each other."""
    return tuple(
        order for one, other in combinations(keys, 2) for order in _both(one, other)
    )


def margins_of(judgements: Iterable[Judgement]) -> dict[Pair, float]:
    """M: by the pair in the order shown, the mean margin of all who judged it so."""
    said: dict[Pair, list[float]] = {}
    for each in judgements:
        if each.margin is not None:
            first, second = each.shown
            said.setdefault((first, second), []).append(each.margin)
    return {pair: fmean(margins) for pair, margins in said.items()}


def max_logits(keys: Sequence[str], margins: Mapping[Pair, float]) -> list[Standing]:
    """By mean over the other drafts j of M[i, j] - M[j, i]."""
    values: dict[str, float | None] = {}
    for key in keys:
        against = (_edge(key, other, margins) for other in keys if other != key)
        known = [edge for edge in against if edge is not None]
        values[key] = round(fmean(known), _DIGITS) if known else None
    return ranked(values, best=max)


def max_wins(keys: Sequence[str], margins: Mapping[Pair, float]) -> list[Standing]:
    """By the wins in both orders: how many M[i, j] > 0 and how many M[j, i] < 0.

    Whole numbers, both of them sums; a draft that nobody compared has none.
    """
    values: dict[str, float | None] = {}
    for key in keys:
        said = [margin for pair, margin in margins.items() if key in pair]
        won = sum(
            margin > 0 if pair[0] == key else margin < 0
            for pair, margin in margins.items()
            if key in pair
        )
        values[key] = float(won) if said else None
    return ranked(values, best=max)


@dataclass(frozen=True, slots=True)
class Bracket:
    """How far a bubble is: who stands, whom it has met, who comes next.

    `above` says of each draft that was beaten, or held level, by whom it was; of those
    that are `passed` nobody said anything.
    """

    champion: str
    above: Mapping[str, tuple[str, bool]]
    coming: tuple[str, ...]
    passed: frozenset[str] = frozenset()

    @property
    def pair(self) -> Pair | None:
        """Who is to be compared next; None when the best is known."""
        return (self.champion, self.coming[0]) if self.coming else None

    def after(self, edge: float | Unsaid) -> Bracket:
        """The bracket once the pair is compared; above 0 the champion stays.

        At 0 it stays, too, and the other one is level with it. It stays as well where
        no verdict is known, and of the other one nothing is.
        """
        other, coming = self.coming[0], self.coming[1:]
        if edge == UNSAID:
            return replace(self, coming=coming, passed=self.passed | {other})
        if edge < 0:
            beaten = {**self.above, self.champion: (other, True)}
            return replace(self, champion=other, above=beaten, coming=coming)
        above = {**self.above, other: (self.champion, edge > 0)}
        return replace(self, above=above, coming=coming)

    def better_than(self, key: str) -> int | None:
        """How many drafts are known to be better than this one; None: nobody judged it."""
        if not self.above or key in self.coming or key in self.passed:
            return None
        count = 0
        while key in self.above:
            key, beaten = self.above[key]
            count += beaten
        return count


def bubble(
    drawn: Sequence[str], edge_of: Callable[[str, str], float | Unsaid | None]
) -> Bracket:
    """One pass over the drafts in the order drawn, as far as comparisons are known.

    `edge_of(champion, other)` is None for a comparison that is still to be made.
    """
    bracket = Bracket(drawn[0], {}, tuple(drawn[1:]))
    while bracket.pair is not None and (edge := edge_of(*bracket.pair)) is not None:
        bracket = bracket.after(edge)
    return bracket


def by_bracket(keys: Sequence[str], bracket: Bracket) -> list[Standing]:
    """All drafts, not the best alone: the others by how many are known to be better.

    Of those that are level with the best, it stands first: it is the bubble's choice.
    One that the bubble did not come to, or that no verdict is about, has no value and
    stands last.
    """
    first = (bracket.champion,) if bracket.above else ()
    counts = {key: bracket.better_than(key) for key in dict.fromkeys((*first, *keys))}
    values = {key: None if n is None else float(n) for key, n in counts.items()}
    return ranked(values, best=min)


def edge(one: str, other: str, margins: Mapping[Pair, float]) -> float | Unsaid:
    """How far one draft is before another over both orders, where somebody said."""
    found = _edge(one, other, margins)
    return UNSAID if found is None else found


def mean_rank(keys: Sequence[str], judgements: Iterable[Judgement]) -> list[Standing]:
    """By the mean of each draft's places in the lists of those who ranked it.

    Who leaves its own draft out has a shorter list. Its last place weighs as much as
    that of the longest list, else a draft would gain by being ranked by its peers.
    """
    lists = [each for each in judgements if each.places]
    longest = max((len(each.places) for each in lists), default=0)
    places: dict[str, list[float]] = {key: [] for key in keys}
    for each in lists:
        stretch = (longest - 1) / (len(each.places) - 1)
        for key, place in zip(each.shown, each.places, strict=True):
            places[key].append(1 + (place - 1) * stretch)
    return ranked(_means(places), best=min)


def mean_score(keys: Sequence[str], judgements: Iterable[Judgement]) -> list[Standing]:
    """By the mean of the scores that each draft was given."""
    scores: dict[str, list[float]] = {key: [] for key in keys}
    for each in judgements:
        if each.score is not None:
            scores[each.shown[0]].append(each.score)
    return ranked(_means(scores), best=max)


def ranked(
    values: Mapping[str, float | None],
    *,
    best: Callable[[float, float], float],
) -> list[Standing]:
    """Best first; level drafts share the rank and keep their order, as 1, 2, 2, 4.

    Drafts without a value share the last rank: nothing is made up for them.
    """
    sign = -1 if best(0.0, 1.0) == 1.0 else 1
    heights = {
        key: (value is None, 0.0 if value is None else sign * value)
        for key, value in values.items()
    }
    order = sorted(values, key=lambda key: heights[key])
    better = [sum(heights[other] < heights[key] for other in values) for key in order]
    return [
        Standing(key, 1 + ahead, values[key])
        for key, ahead in zip(order, better, strict=True)
    ]


def places_of(groups: Sequence[Sequence[str]]) -> dict[str, float]:
    """Places in a list whose groups are level: those in a group share their mean."""
    starts = [0]
    for group in groups:
        starts.append(starts[-1] + len(group))
    return {
        key: (first + 1 + last) / 2
        for group, (first, last) in zip(groups, pairwise(starts), strict=True)
        for key in group
    }


def _both(one: str, other: str) -> tuple[Pair, Pair]:
    return (one, other), (other, one)


def _edge(one: str, other: str, margins: Mapping[Pair, float]) -> float | None:
    """M[i, j] - M[j, i] as far as it is known; None when neither order is."""
    forth, back = margins.get((one, other)), margins.get((other, one))
    if forth is None and back is None:
        return None
    return round((forth or 0.0) - (back or 0.0), _DIGITS)


def _means(said: Mapping[str, Sequence[float]]) -> dict[str, float | None]:
    return {
        key: round(fmean(values), _DIGITS) if values else None
        for key, values in said.items()
    }
