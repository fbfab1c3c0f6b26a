"""What two texts have in common."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as some

from playground.web.differing import Piece, diff_texts

TEXTS = some.lists(
    some.sampled_from(
        ["Keep it. ", "Keep that! ", "Split it up now.\n", "- a\n", "b\n\n", "So. "]
    ),
    max_size=12,
).map("".join)


def test_diff_compares_the_words_of_sentences_that_are_alike() -> None:
    diff = diff_texts("Keep the monolith for now.", "Keep the monolith for a year.")
    (row,) = diff.rows
    assert row.kind == "changed"
    assert row.left == (
        Piece("Keep the monolith for ", own=False),
        Piece("now", own=True),
        Piece(".", own=False),
    )
    assert row.right[1] == Piece("a year", own=True)


def test_diff_keeps_apart_what_is_not_alike() -> None:
    diff = diff_texts("Same here. Cats sleep all day.", "Same here. Prices rose twice.")
    assert [row.kind for row in diff.rows] == ["same", "left", "right"]
    assert diff.left_shared == 3 / 8


def test_diff_marks_where_a_line_begins() -> None:
    text = "One. Two.\nThree.\n\nFour."
    diff = diff_texts(text, text)
    assert [row.begins for row in diff.rows] == ["paragraph", "", "line", "paragraph"]
    assert diff.is_same


@given(TEXTS, TEXTS)
def test_diff_holds_both_texts_whole(left: str, right: str) -> None:
    diff = diff_texts(left, right)
    ours = "".join(piece.text for row in diff.rows for piece in row.left)
    theirs = "".join(piece.text for row in diff.rows for piece in row.right)
    assert "".join(ours.split()) == "".join(left.split())
    assert "".join(theirs.split()) == "".join(right.split())


@given(TEXTS)
def test_diff_of_a_text_with_itself_is_empty(text: str) -> None:
    diff = diff_texts(text, text)
    assert diff.is_same
    assert diff.left_shared == (1.0 if diff.rows else 0.0)


def test_diff_of_long_texts_is_quick() -> None:
    left = "".join(f"Sentence {n} says something. " for n in range(3_000))
    right = left.replace("7", "8")
    began = time.process_time()
    diff = diff_texts(left, right + "word " * 60_000)
    assert time.process_time() - began < 5
    assert {row.kind for row in diff.rows} == {"same", "left", "right"}


def test_diff_tells_both_texts_as_one() -> None:
    (row,) = diff_texts("Keep the old one here.", "Keep the new one there.").rows
    assert [(span.side, span.text) for span in row.inline] == [
        ("both", "Keep the "),
        ("left", "old"),
        ("right", "new"),
        ("both", " one "),
        ("left", "here"),
        ("right", "there"),
        ("both", "."),
    ]


@given(TEXTS, TEXTS)
def test_diff_as_one_text_holds_both(left: str, right: str) -> None:
    for row in diff_texts(left, right).rows:
        for side, pieces in (("left", row.left), ("right", row.right)):
            told = "".join(s.text for s in row.inline if s.side in ("both", side))
            kept = "".join(piece.text for piece in pieces)
            assert told == kept
