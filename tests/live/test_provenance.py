"""Which draft has the nearest words."""

from __future__ import annotations

import pytest

from playground.live.provenance import Near, held_by, origins_of

DRAFTS = {
    "2.A.1": "Keep the monolith for the next year. Cats sleep all day long.",
    "2.B.1": "Keep the monolith for the next years. Prices rose by a tenth.",
}


def test_origins_name_the_nearest_draft_and_a_tie() -> None:
    near, tie, none = origins_of(
        [
            "Prices rose by one tenth.",
            "Keep the monolith for the next year!",
            "Nobody wrote anything of this kind before.",
        ],
        DRAFTS,
    )
    assert [each.key for each in near.near] == ["2.B.1"]
    assert tie.near[0] == Near("2.A.1", 100)
    assert [each.key for each in tie.near] == ["2.A.1", "2.B.1"]
    assert none.near == ()


def test_origins_of_a_few_words_are_not_told() -> None:
    (origin,) = origins_of(["Cats sleep."], DRAFTS)
    assert origin.near == ()


def test_held_counts_words_that_stand_in_a_draft_three_in_a_row() -> None:
    held = held_by("All day long cats sleep. Keep the monolith, for two years!", DRAFTS)

    # "all day long"; "keep the monolith", "the monolith for": 7 of 11, and 4 of 11
    assert held.shares == {"2.A.1": 7 / 11, "2.B.1": 4 / 11}
    assert held.own == pytest.approx(4 / 11)


def test_held_finds_a_copied_list_of_short_lines() -> None:
    items = "\n".join(f"{n}. {n}: {n}" for n in range(1, 20))
    held = held_by(f"Draft C says:\n{items}", {"1.A.1": items, "1.B.1": "480 bicycles"})

    assert held.shares == {"1.A.1": 57 / 60, "1.B.1": 0.0}


@pytest.mark.parametrize(
    ("text", "draft", "share"),
    [
        ("", "said", 0.0),
        ("So be it", "", 0.0),
        ("Yes.", "No. Yes!", 1.0),
        ("\u732b\u304c\u5bdd\u308b", "\u732b\u304c\u5bdd\u305f", 0.75),
    ],
)
def test_held_is_told_of_texts_of_any_length_and_script(
    text: str, draft: str, share: float
) -> None:
    held = held_by(text, {"1.A.1": draft})
    assert (held.shares["1.A.1"], held.own) == (share, 1 - share)
