"""What judges of a rank layer reply, and what is read in it: all, or clearly nothing."""

from __future__ import annotations

import pytest

from playground.engine.judging import Names, Unreadable
from playground.engine.odds import TokenOdds
from playground.engine.rankings import Judgement
from playground.engine.ruling import labels, margin_in, read, task, verdict_in

PAIR = Names({"A": "1.A.1", "B": "1.B.1"})
FOUR = Names(dict(zip("ABCD", ("1.C.1", "1.A.1", "1.B.1", "1.A.2"), strict=True)))
ONE = Names({"A": "1.B.1"})


def places(reply: str) -> object:
    found = read("listwise", "2.Z.1", reply, FOUR)
    if isinstance(found, Unreadable):
        return found.reason
    return dict(zip(FOUR.labels, found.places, strict=True))


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("A", "A"),
        (" b.", "B"),
        ("**C**", "C"),
        ("[[A]]", "A"),
        ("Draft A is vague, B is exact.\n\n[[B]]", "B"),
        ("<think>surely A</think>B", "B"),
        ("Verdict: B", "B"),
        ("The winner is draft A.", "A"),
        ("A is better", "A"),
        ("It is a tie.", "C"),
        ("It weighs both sides.\nMy final verdict: A", "A"),
        ("A tie", "C"),
        ("Tie between A and B", "C"),
        ("Neither.", "C"),
        ("Both are equally good", "C"),
        ("Option B", "B"),
        ("I prefer B", "B"),
        ("I would go with Response A.", "A"),
        ("The better one is B", "B"),
        ("A tie for B", None),
        ("I do not prefer B", None),
        ('{"verdict":"A"}', "A"),
        ('{\n  "verdict": "A"\n}', "A"),
        ('{\n  "reason": "A is vague",\n  "better": "B"\n}', "B"),
        ('```json\n{\n  "Winner": "Draft B"\n}\n```', "B"),
        ('{"reason": "x", "preference": "tie"}', "C"),
        ('{\n  "worse": "A"\n}', None),
        ('{\n  "reason": "A"\n}', None),
        ('{\n  "better": 1\n}', None),
        ('A\n{"verdict": "B"}', None),
        ('{\n "answer": "A",\n "verdict": "B"\n}', None),
        ("", None),
        ("Both have their merits.", None),
        ("a and b", None),
        ("[[A]] or [[B]]", None),
        ("A\nB", None),
        ("A draft that convinces", None),
        ("D", None),
        ("<think>[[A]]</think>", None),
    ],
)
def test_verdict_is_read_where_it_is_clear(reply: str, verdict: str | None) -> None:
    assert verdict_in(reply) == verdict


def test_verdict_without_odds_is_one_nothing_or_minus_one() -> None:
    said = [read("pairwise", "2.Z.1", reply, PAIR) for reply in "ACB"]
    margins = [each.margin for each in said if isinstance(each, Judgement)]
    assert margins == [1, 0, -1]
    assert said[0] == Judgement("2.Z.1", ("1.A.1", "1.B.1"), 1.0)


def test_verdict_with_odds_is_their_difference() -> None:
    said = read("pairwise", "2.Z.1", "A", PAIR, 0.45)
    assert said == Judgement("2.Z.1", ("1.A.1", "1.B.1"), 0.45, by_odds=True)


def test_verdict_that_is_not_clear_is_no_draw() -> None:
    said = read("pairwise", "2.Z.1", "both are fine", PAIR, 0.45)
    assert said == Unreadable("it does not say A, B or C alone or in double brackets")


@pytest.mark.parametrize(
    ("reply", "odds", "margin"),
    [
        ("A", [("A", {"A": 0.7, " A": 0.1, "B": 0.15, "C": 0.05})], 0.65),
        ("B", [("B", {"B": 0.6, "A": 0.4})], -0.2),
        ("C", [("C", {"C": 0.6, "A": 0.3, "B": 0.1})], 0.2),
        ("[[A]]", [("[[", {"[[": 1.0}), ("A", {"A": 0.9, "B": 0.1})], 0.8),
        ("A", [], None),
        # The article of a sentence is no verdict, whatever its odds are.
        ("A close call.\n[[A]]", [("A", {"A": 0.9, "The": 0.1})], None),
        ("<think>B</think>A", [("A", {"A": 1.0})], 1.0),
    ],
)
def test_margin_is_taken_at_the_token_of_the_verdict(
    reply: str, odds: list[tuple[str, dict[str, float]]], margin: float | None
) -> None:
    assert margin_in(reply, [TokenOdds(*each) for each in odds]) == margin


def test_order_is_read_by_the_labels_that_the_judge_saw() -> None:
    """Whom it placed, not where it was shown: its A is the recipe's C."""
    found = read(
        "listwise", "2.Z.1", '{"ranking": ["B", ["C", "D"], "A"], "reason": "so"}', FOUR
    )
    assert found == Judgement(
        "2.Z.1",
        ("1.C.1", "1.A.1", "1.B.1", "1.A.2"),
        places=(4, 1, 2.5, 2.5),
        reason="so",
    )


@pytest.mark.parametrize(
    "reply",
    [
        '{"ranking": ["B", "D", "A", "C"]}',
        '```json\n{"reason": "{B}", "ranking": [["B"], "draft D", "A", "C"]}\n```',
        "All considered: B > D > A > C",
        "1. Response B\n2. Response D\n3. Option A\n4. Candidate C",
        "Final ranking:\n1. Draft B\n2. Draft D\n3. **A**\n4. C",
    ],
)
def test_order_is_read_in_the_forms_that_models_use(reply: str) -> None:
    assert places(reply) == {"B": 1, "D": 2, "A": 3, "C": 4}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ('{"ranking": ["B", "D", "A"]}', "its ranking leaves out C"),
        (
            '{"ranking": ["B", "D", "A", "C", "B"]}',
            "its ranking names B more than once",
        ),
        (
            '{"ranking": ["B", "D", "A", "E"]}',
            "it names a draft `E`, and the drafts are A, B, C, D",
        ),
        ("B is best, then D.", "it has no JSON object"),
        ("1. B\n2. D\n3. A", "it has no JSON object"),
        ("B > D > A", "it has no JSON object"),
    ],
)
def test_order_that_is_not_whole_is_not_filled_up(reply: str, reason: str) -> None:
    assert places(reply) == reason


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ('{"reason": "exact", "score": 7}', 7),
        ('{"score": 7.5}', 7.5),
        ('{"score": "8/10"}', 8),
        ("It is good. Rating: [[6]]", 6),
    ],
)
def test_score_is_read(reply: str, score: float) -> None:
    found = read("score", "2.Z.1", reply, ONE)
    assert isinstance(found, Judgement)
    assert (found.shown, found.score) == (("1.B.1",), score)


@pytest.mark.parametrize(
    "reply", ['{"score": 0}', '{"score": 11}', '{"score": "high"}', "[[6]] [[7]]", "7"]
)
def test_score_off_the_scale_is_none(reply: str) -> None:
    assert isinstance(read("score", "2.Z.1", reply, ONE), Unreadable)


def test_reason_of_a_score_is_kept_on_one_line() -> None:
    found = read("score", "2.Z.1", '{"reason": "one\\n two", "score": 3}', ONE)
    assert isinstance(found, Judgement)
    assert found.reason == "one two"


def test_labels_are_letters_by_place() -> None:
    assert labels(3) == ["A", "B", "C"]
    assert labels(28)[25:] == ["Z", "A2", "B2"]


def test_task_of_a_list_names_all_its_drafts_and_shows_the_form() -> None:
    told = task("listwise", 4)
    assert "Put the drafts A, B, C, D in order" in told
    assert '"ranking": [["B", "C"], "A", "D"]' in told
    assert '"ranking": ["B", "A"]' in task("listwise", 2)


def test_order_that_names_somebody_else_is_not_read() -> None:
    assert isinstance(places("B > A > C > Q"), str)
