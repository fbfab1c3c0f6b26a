"""Which draft has the nearest words."""

from __future__ import annotations

from playground.live.provenance import Near, origins_of, shares_of

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
    assert shares_of([origin]) == {}


def test_shares_count_words_and_add_up() -> None:
    origins = origins_of(
        ["Cats sleep all day long.", "Nothing like it was said in here by them."],
        DRAFTS,
    )
    assert shares_of(origins) == {"2.A.1": 5 / 14, "": 9 / 14}
