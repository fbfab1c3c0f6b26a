"""Drafts put in order by what judges said of them: the arithmetic of a rank layer."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.engine.ranking import (
    UNSAID,
    bubble,
    by_bracket,
    edge,
    margins_of,
    max_logits,
    max_wins,
    mean_rank,
    mean_score,
    pairs_of,
    places_of,
    ranked,
)
from playground.engine.rankings import Judgement, Standing

ABC = ("A", "B", "C")


def verdict(first: str, second: str, margin: float | None) -> Judgement:
    return Judgement(f"2.Z.{first}{second}", (first, second), margin)


def listing(*groups: str, judge: str = "Z") -> Judgement:
    places = places_of(groups)
    return Judgement(f"2.{judge}.1", tuple(places), places=tuple(places.values()))


def told(standings: list[Standing]) -> list[tuple[str, int, float | None]]:
    return [(each.key, each.rank, each.value) for each in standings]


def test_pairs_are_compared_in_both_orders() -> None:
    assert pairs_of("ABC") == (
        *(("A", "B"), ("B", "A")),
        *(("A", "C"), ("C", "A")),
        *(("B", "C"), ("C", "B")),
    )
    assert [len(pairs_of(range(n))) for n in (1, 2, 4)] == [0, 2, 12]  # type: ignore[arg-type]


def test_margin_of_a_pair_is_the_mean_of_its_judges() -> None:
    said = [verdict("A", "B", 1.0), verdict("A", "B", 0.5), verdict("B", "A", None)]
    assert margins_of(said) == {("A", "B"): 0.75}


def test_max_logits_takes_the_mean_of_differences_over_both_orders() -> None:
    margins = {
        ("A", "B"): 0.5,
        ("B", "A"): -0.3,
        ("A", "C"): 0.9,
        ("C", "A"): 0.1,
        ("B", "C"): -0.2,
        ("C", "B"): 0.2,
    }
    # A: (0.8 + 0.8) / 2, B: (-0.8 - 0.4) / 2, C: (-0.8 + 0.4) / 2.
    assert told(max_logits(ABC, margins)) == [
        ("A", 1, 0.8),
        ("C", 2, -0.2),
        ("B", 3, -0.6),
    ]


def test_max_logits_sums_to_nothing_over_all_drafts() -> None:
    margins = {pair: 0.1 * n for n, pair in enumerate(pairs_of(ABC))}
    values = [each.value or 0 for each in max_logits(ABC, margins)]
    assert sum(values) == pytest.approx(0)


def test_order_bias_of_a_judge_leaves_all_level() -> None:
    """A judge that prefers whatever it is shown first says nothing."""
    margins = dict.fromkeys(pairs_of(ABC), 1.0)
    assert told(max_logits(ABC, margins)) == [("A", 1, 0), ("B", 1, 0), ("C", 1, 0)]
    assert {each.value for each in max_wins(ABC, margins)} == {2.0}


def test_max_wins_counts_whole_wins_in_both_orders() -> None:
    """One sum of two counts: the peer added a count to a mean."""
    margins = {
        ("A", "B"): 0.1,
        ("B", "A"): -0.1,
        ("A", "C"): 0.1,
        ("C", "A"): 0.9,
        ("B", "C"): 0.0,
        ("C", "B"): -0.2,
    }
    assert told(max_wins(ABC, margins)) == [("A", 1, 3), ("B", 2, 1), ("C", 2, 1)]


def test_a_verdict_that_is_missing_is_no_draw() -> None:
    """B was compared with A alone, in one order: its mean is that one, halved by none."""
    margins = {("A", "B"): 1.0}
    assert told(max_logits(ABC, margins)) == [
        ("A", 1, 1.0),
        ("B", 2, -1.0),
        ("C", 3, None),
    ]
    assert told(max_wins(ABC, margins)) == [("A", 1, 1), ("B", 2, 0), ("C", 3, None)]


def test_level_drafts_share_their_rank_and_the_next_is_behind_both() -> None:
    values = {"A": 1.0, "B": 3.0, "C": 3.0, "D": 0.0, "E": None}
    order = [(each.key, each.rank) for each in ranked(values, best=max)]
    assert order == [("B", 1), ("C", 1), ("A", 3), ("D", 4), ("E", 5)]


def test_bubble_ranks_all_drafts_and_not_the_best_alone() -> None:
    bracket = bubble("BACDE", lambda one, other: 1.0 if one > other else -1.0)
    # B beats A; C beats B; D beats C; E beats D.
    assert told(by_bracket("ABCDE", bracket)) == [
        ("E", 1, 0),
        ("D", 2, 1),
        ("C", 3, 2),
        ("B", 4, 3),
        ("A", 5, 4),
    ]


def test_bubble_says_only_what_follows_from_its_comparisons() -> None:
    """The first beats all: of the others none is known to be before another."""
    bracket = bubble("EDCBA", lambda one, other: 1.0 if one > other else -1.0)
    ranks = {each.key: each.rank for each in by_bracket("ABCDE", bracket)}
    assert ranks == {"E": 1, "A": 2, "B": 2, "C": 2, "D": 2}


def test_bubble_holds_a_drawn_pair_level() -> None:
    bracket = bubble("ABC", lambda one, other: 0.0 if other == "B" else 1.0)
    assert told(by_bracket("ABC", bracket)) == [("A", 1, 0), ("B", 1, 0), ("C", 3, 1)]


def test_bubble_puts_its_champion_before_those_that_it_holds_level() -> None:
    bracket = bubble("BACD", lambda one, other: 0.0 if other == "A" else 2.0)
    assert told(by_bracket("ABCD", bracket)) == [
        ("B", 1, 0),
        ("A", 1, 0),
        ("C", 3, 1),
        ("D", 3, 1),
    ]


def test_bubble_takes_a_comparison_without_a_verdict_for_no_draw() -> None:
    """A was drawn first or second: either way nobody judged it, and it stands last."""
    said = {("B", "C"): 1.0, ("B", "D"): -1.0}
    bracket = bubble("BACD", lambda *pair: said.get(pair, UNSAID))
    assert told(by_bracket("ABCD", bracket)) == [
        ("D", 1, 0),
        ("B", 2, 1),
        ("C", 3, 2),
        ("A", 4, None),
    ]


def test_bubble_without_any_verdict_leaves_the_drafts_as_they_came() -> None:
    bracket = bubble("BAC", lambda _one, _other: UNSAID)
    assert bracket.pair is None
    assert told(by_bracket(ABC, bracket)) == [
        ("A", 1, None),
        ("B", 1, None),
        ("C", 1, None),
    ]


def test_bubble_waits_for_the_comparison_that_is_next() -> None:
    known = {("A", "B"): -1.0}
    bracket = bubble("ABC", lambda *pair: known.get(pair))
    assert bracket.pair == ("B", "C")
    assert told(by_bracket("ABC", bracket)) == [
        ("B", 1, 0),
        ("A", 2, 1),
        ("C", 3, None),
    ]


@given(st.permutations("ABCDEF"))
def test_bubble_finds_the_best_in_any_order(drawn: list[str]) -> None:
    asked = []

    def edge_of(one: str, other: str) -> float:
        asked.append({one, other})
        return 1.0 if one < other else -1.0

    standings = by_bracket("ABCDEF", bubble(drawn, edge_of))
    assert (standings[0].key, len(asked)) == ("A", 5)
    assert sorted(each.key for each in standings) == list("ABCDEF")


def test_edge_of_both_orders_decides_a_pair() -> None:
    assert edge("A", "B", {("A", "B"): 1.0, ("B", "A"): 1.0}) == 0
    assert edge("A", "B", {("A", "B"): 0.2, ("B", "A"): -0.3}) == 0.5
    assert edge("A", "B", {}) == UNSAID


def test_places_of_level_drafts_are_the_mean_of_what_they_take() -> None:
    assert places_of(["A", "BC", "D"]) == {"A": 1, "B": 2.5, "C": 2.5, "D": 4}


def test_mean_rank_is_over_those_who_ranked_a_draft() -> None:
    said = [listing("B", "C"), listing("C", "A"), listing("B", "A")]
    assert told(mean_rank(ABC, said)) == [("B", 1, 1), ("C", 2, 1.5), ("A", 3, 2)]


def test_short_list_weighs_as_much_as_a_long_one() -> None:
    """A judge without its own draft has two places; its last is as bad as a third."""
    said = [listing("B", "C"), listing("C", "B", "A")]
    assert told(mean_rank(ABC, said)) == [("B", 1, 1.5), ("C", 2, 2), ("A", 3, 3)]


def test_drafts_with_the_same_mean_rank_share_theirs() -> None:
    said = [listing("A", "B", "C"), listing("B", "A", "C")]
    assert told(mean_rank(ABC, said)) == [("A", 1, 1.5), ("B", 1, 1.5), ("C", 3, 3)]


def test_lists_in_any_order_of_display_give_the_same_ranking() -> None:
    """What counts is whom a judge placed where, never where it was shown."""
    places = {"A": 2.0, "B": 1.0, "C": 3.0}
    for shown in permutations(ABC):
        said = Judgement("2.Z.1", shown, places=tuple(places[key] for key in shown))
        assert [each.key for each in mean_rank(ABC, [said])] == ["B", "A", "C"]


def test_mean_score_leaves_out_what_nobody_scored() -> None:
    said = [
        Judgement("2.Z.1", ("A",), score=7),
        Judgement("2.Y.1", ("A",), score=8),
        Judgement("2.Z.2", ("B",), score=9),
        Judgement("2.Z.3", ("C",)),
    ]
    assert told(mean_score(ABC, said)) == [("B", 1, 9), ("A", 2, 7.5), ("C", 3, None)]


@given(st.lists(st.floats(-1, 1), min_size=12, max_size=12))
def test_ranks_agree_with_values_whatever_was_said(said: list[float]) -> None:
    keys = tuple("ABCD")
    margins = dict(zip(pairs_of(keys), said, strict=True))
    for standings in (max_logits(keys, margins), max_wins(keys, margins)):
        values = [each.value or 0 for each in standings]
        assert values == sorted(values, reverse=True)
        for one in standings:
            ahead = sum((each.value or 0) > (one.value or 0) for each in standings)
            assert one.rank == 1 + ahead
