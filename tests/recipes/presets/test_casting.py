"""Who sits where: every kind of seat, every want of models."""

from __future__ import annotations

from itertools import permutations

import pytest

from playground.recipes.presets.casting import Candidate, cast_seats, seat_parts

BIG = Candidate("big", family="Qwen", size="110B")
BIG_TOO = Candidate("big-too", family="Qwen", size="72B")
MIXED = Candidate("mixed", family="Mistral", size="8x22B")
MIDDLE = Candidate("middle", family="Llama", size="70B")
SMALL = Candidate("small", family="Llama", size="8B")
THINKER = Candidate("thinker", family="DeepSeek", size="3B", reasoning=True)
TINY = Candidate("tiny", family="SmolLM2", size="135M")
SECRET = Candidate("secret", family="GPT")
FUSER = Candidate("fuser", family="Llama", size="9B", good_at=("Aggregating",))
CRITIC = Candidate("critic", family="Phi", size="14B", good_at=("judging",))
GUIDE = Candidate("guide", size="30B", good_at=("routing",))
WRITER = Candidate("writer", family="Wizard", size="20B", good_at=("drafting",))


@pytest.mark.parametrize(
    ("seats", "models", "aliases"),
    [
        # proposers: a family each, by strength; then the second of each
        (["proposer-3"], [BIG, BIG_TOO, MIDDLE, SMALL], ["big", "middle", "big-too"]),
        (["proposer-2"], [BIG, BIG_TOO, SMALL], ["big", "small"]),
        (["proposer-2"], [SMALL, WRITER, BIG], ["writer", "big"]),
        # where a family is not told it is taken for one of its own
        (["proposer-2"], [Candidate("x"), Candidate("y"), BIG], ["big", "x"]),
        # too few: the same again, in turn
        (["proposer-3"], [BIG], ["big"] * 3),
        (["proposer-3"], [BIG, SMALL], ["big", "small", "big"]),
        # aggregator: good at it, else the largest; 8x22B is 176B
        (["aggregator"], [BIG, MIDDLE, FUSER], ["fuser"]),
        (["aggregator"], [BIG, MIDDLE, MIXED], ["mixed"]),
        (["aggregator"], [SMALL, SECRET, MIDDLE], ["secret"]),
        (["aggregator"], [BIG, SECRET], ["big"]),
        # best: what drafts well, else the largest, of equals the one that reasons
        (["best"], [BIG, FUSER, SMALL], ["big"]),
        (["best"], [BIG, WRITER], ["writer"]),
        (["best"], [Candidate("a"), Candidate("b", reasoning=True)], ["b"]),
        (["best"], [Candidate("b"), Candidate("a")], ["a"]),
        # router and small
        (["router"], [BIG, SMALL, THINKER], ["small"]),
        (["router"], [BIG, SMALL, GUIDE], ["guide"]),
        (["small"], [BIG, SMALL, THINKER, GUIDE], ["small"]),
        # a model that only shows the mechanics stays at home, unless it is alone
        (["proposer-3"], [BIG, SMALL, TINY], ["big", "small", "big"]),
        (["router"], [BIG, TINY], ["big"]),
        (["best"], [TINY], ["tiny"]),
    ],
)
def test_seats_are_filled_by_strength_and_variety(
    seats: list[str], models: list[Candidate], aliases: list[str]
) -> None:
    for given in permutations(models):
        [part] = cast_seats(seats, given).parts
        assert list(part.aliases) == aliases


@pytest.mark.parametrize(
    ("writers", "models", "judges"),
    [
        (["proposer-2"], [BIG, MIDDLE, SMALL], ["big-too"]),
        (["proposer-2"], [BIG, MIDDLE, CRITIC, SMALL], ["critic"]),
        (["best"], [BIG], ["big-too"]),
        (["best"], [BIG, SMALL, CRITIC], ["critic"]),
    ],
)
def test_judge_is_another_than_those_who_write(
    writers: list[str], models: list[Candidate], judges: list[str]
) -> None:
    casting = cast_seats([*writers, "judge"], [*models, BIG_TOO])
    assert list(casting.parts[-1].aliases) == judges
    assert casting.notes == ()


def test_judge_for_want_of_others_reads_its_own_and_it_is_said() -> None:
    casting = cast_seats(["proposer-2", "judge"], [BIG, SMALL])
    assert casting.alias_of("judge") == "big"
    assert casting.notes == (
        "big judges own drafts, too: the team has only two models.",
    )


def test_several_judges_are_several_models_others_first() -> None:
    casting = cast_seats(["best", "judge-3"], [BIG, MIDDLE, SMALL])
    assert [casting.alias_of(f"judge-{n}") for n in (1, 2, 3)] == [
        "middle",
        "small",
        "big",
    ]


@pytest.mark.parametrize(
    ("number", "models", "note"),
    [
        (2, [BIG, SMALL], None),
        (2, [BIG], "Uses big twice as proposer: the team has only one model."),
        (3, [BIG, SMALL], "Uses big twice as proposer: the team has only two models."),
        (
            6,
            [BIG, SMALL],
            "Uses big 3 times and small 3 times as proposer: "
            "the team has only two models.",
        ),
        (
            2,
            [BIG, TINY],
            "Uses big twice as proposer: the team has only one model of a billion "
            "parameters or more.",
        ),
        (
            2,
            [BIG, BIG_TOO],
            "All proposers are of one family, Qwen: no model of another is there.",
        ),
    ],
)
def test_casting_says_what_it_did_for_want_of_models(
    number: int, models: list[Candidate], note: str | None
) -> None:
    casting = cast_seats([f"proposer-{number}"], models)
    assert casting.notes == (() if note is None else (note,))


@pytest.mark.parametrize(
    ("seat", "models", "why"),
    [
        ("aggregator", [BIG], "the only model"),
        ("aggregator", [BIG, FUSER], "good at it, its card says"),
        ("aggregator", [BIG, SMALL], "the largest to be had, 110B"),
        ("small", [BIG, SMALL], "the smallest to be had, 8B"),
        ("best", [SMALL, SECRET], "taken for large, as its card tells no size"),
        (
            "best",
            [SECRET, Candidate("z")],
            "the first by name, as no card tells a size",
        ),
        ("proposer-2", [BIG, SMALL], "each of another family"),
        ("proposer-3", [BIG, BIG_TOO, SMALL], "different families first"),
    ],
)
def test_each_part_says_why(seat: str, models: list[Candidate], why: str) -> None:
    [part] = cast_seats([seat], models).parts
    assert part.why == why


@pytest.mark.parametrize(
    "seat", ["first", "proposer-0", "proposer-x", "best-2", "Proposer-1", ""]
)
def test_what_is_no_seat_is_refused(seat: str) -> None:
    with pytest.raises(ValueError, match="is no seat"):
        seat_parts(seat)
