"""Who is elected, and when nobody has to be waited for."""

from __future__ import annotations

import time

import pytest

from playground.engine.ballots import Ballot
from playground.engine.shapes import Election
from playground.engine.voting import hold_vote, is_decided

NUMBERS = Election("number")


def texts(*said: str) -> dict[str, str]:
    return {f"1.A.{number}": text for number, text in enumerate(said, start=1)}


def test_majority_wins_with_its_first_draft() -> None:
    ballot = hold_vote(NUMBERS, texts("41", "so 42", "none", "42.0"))
    assert (ballot.winner, ballot.by, ballot.tied) == ("1.A.2", "majority", ())
    assert ballot.counts == {"42": 2, "41": 1}
    assert ballot.unparsed == ("1.A.3",)
    assert ballot.notes == (
        "1.A.2 won with 2 of 4 votes",
        "2 for 42: 1.A.2, 1.A.4",
        "1 for 41: 1.A.1",
        "1 without an answer: 1.A.3",
    )


def test_tie_is_broken_by_the_first_draft() -> None:
    ballot = hold_vote(NUMBERS, texts("it is 41", "42", "41", "it is 42", "7"))
    assert (ballot.winner, ballot.by) == ("1.A.1", "first")
    assert ballot.tied == ("41", "42")
    assert ballot.notes[0] == (
        "1.A.1 won with 2 of 5 votes; tied were 41 and 42, and the first draft of them "
        "wins (ties: first)"
    )


def test_tie_is_broken_by_the_shortest_draft() -> None:
    election = Election("number", ties="shortest")
    ballot = hold_vote(election, texts("it is 41", "42", "so 41", "it is 42"))
    assert (ballot.winner, ballot.by) == ("1.A.2", "shortest")


def test_thoughts_have_no_vote() -> None:
    ballot = hold_vote(NUMBERS, texts("<think>42</think> 41", "41", "42"))
    assert ballot.counts == {"41": 2, "42": 1}


def test_nobody_wins_without_an_answer() -> None:
    ballot = hold_vote(NUMBERS, texts("one", "two"))
    assert (ballot.winner, ballot.by, ballot.counted) == (None, "none", 0)
    assert ballot.unparsed == ("1.A.1", "1.A.2")
    assert hold_vote(NUMBERS, {}).winner is None


def test_medoid_is_the_draft_most_like_the_others() -> None:
    said = texts(
        "Grass is green.",
        "The sky is blue because of scattering.",
        "The sky is blue because light is scattered.",
        "The sky looks blue because of scattering of light.",
    )
    ballot = hold_vote(Election("medoid"), said)
    assert (ballot.winner, ballot.by) == ("1.A.2", "similarity")
    scores = {vote.key: vote.score for vote in ballot.votes}
    assert max(scores, key=lambda key: scores[key] or 0) == "1.A.2"
    assert min(scores, key=lambda key: scores[key] or 0) == "1.A.1"
    assert ballot.notes[0] == "1.A.2 won: of all drafts it is most like the others"


def test_medoid_of_equals_goes_by_the_rule_for_ties() -> None:
    said = texts("blue  sky", "blue sky", "blue sky")
    ballot = hold_vote(Election("medoid"), said)
    assert (ballot.winner, ballot.by) == ("1.A.1", "first")
    assert ballot.notes[0] == (
        "1.A.1 won: 3 drafts are most like the others, and the first of them wins "
        "(ties: first)"
    )
    assert hold_vote(Election("medoid", ties="shortest"), said).winner == "1.A.2"
    assert hold_vote(Election("medoid"), texts("alone")).votes[0].score == 1.0
    assert hold_vote(Election("medoid"), {}).winner is None


def test_medoid_reads_scripts_without_spaces() -> None:
    said = texts("天空是蓝色的", "草是绿色的吗", "天空是蓝色的吗")
    assert hold_vote(Election("medoid"), said).winner == "1.A.3"


def test_medoid_of_a_hundred_long_drafts_holds_nobody_up() -> None:
    words = [f"w{number % 700}" for number in range(9000)]
    said = texts(*(" ".join(words[start:]) for start in range(100)))
    began = time.perf_counter()
    assert hold_vote(Election("medoid"), said).winner is not None
    assert time.perf_counter() - began < 3


@pytest.mark.parametrize(
    ("said", "coming", "decided"),
    [
        (("42", "42", "42"), 2, True),
        (("42", "42", "42"), 3, False),
        (("42", "42", "41"), 1, False),
        (("42", "42", "42", "41"), 1, True),
        (("42", "42", "none"), 1, True),
        (("none", "none"), 1, False),
        ((), 1, False),
    ],
)
def test_vote_is_decided_when_not_even_a_tie_can_come(
    said: tuple[str, ...], coming: int, *, decided: bool
) -> None:
    assert is_decided(NUMBERS, texts(*said), coming, needed=1) is decided


def test_vote_is_not_decided_before_enough_have_an_answer() -> None:
    said = texts("42", "42", "none")
    assert is_decided(NUMBERS, said, 1, needed=2) is True
    assert is_decided(NUMBERS, said, 1, needed=3) is False
    assert is_decided(NUMBERS, said, 1, needed=4) is False
    assert is_decided(Election("medoid"), said, 1, needed=1) is False


def test_ballot_comes_back_from_json_as_it_was() -> None:
    for election in (NUMBERS, Election("medoid")):
        ballot = hold_vote(election, texts("41", "42", "none"))
        assert Ballot.from_json(ballot.to_json()) == ballot
