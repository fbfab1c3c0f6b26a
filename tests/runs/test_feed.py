"""What the feed keeps, and how its text is put together again."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.runs.feed import (
    Entry,
    first_words,
    pack,
    pack_copy,
    position,
    shown_texts,
    unpack,
    waits,
)


def delta(seq: int, *parts: list[object]) -> Entry:
    return Entry(f"1-{seq}", {"t": seq, "k": "delta", "x": list(parts)})


def test_text_is_joined_per_draft_and_call() -> None:
    entries = [
        delta(1, ["1.A.1", 1, 0, "one "], ["1.B.1", 2, 0, "uno "]),
        delta(2, ["1.A.1", 1, 4, "two"]),
        delta(3, ["1.A.1", 3, 0, "again"]),
    ]
    assert shown_texts(entries) == {
        "1.A.1": {1: "one two", 3: "again"},
        "1.B.1": {2: "uno "},
    }


def test_offsets_count_utf16_units() -> None:
    entries = [delta(1, ["k", 1, 0, "🌊"]), delta(2, ["k", 1, 2, "sea"])]
    assert shown_texts(entries) == {"k": {1: "🌊sea"}}


def test_text_told_twice_is_shown_once() -> None:
    entries = [delta(1, ["k", 1, 0, "abcd"]), delta(2, ["k", 1, 2, "cdef"])]
    assert shown_texts(entries) == {"k": {1: "abcdef"}}


def test_text_behind_a_hole_is_not_guessed() -> None:
    entries = [delta(1, ["k", 1, 0, "ab"]), delta(2, ["k", 1, 9, "z"])]
    assert shown_texts(entries) == {"k": {1: "ab"}}


def test_stream_that_lost_its_beginning_goes_on_from_the_checkpoint() -> None:
    entries = [delta(9, ["k", 1, 3, "def"], ["other", 2, 5, "z"])]
    assert shown_texts(entries, kept={"k": (1, "abcd")}) == {
        "k": {1: "abcdef"},
        "other": {2: ""},
    }


@given(st.lists(st.text(min_size=1), min_size=1))
def test_any_text_survives_being_cut_into_deltas(parts: list[str]) -> None:
    offset, entries = 0, []
    for seq, part in enumerate(parts, start=1):
        entries.append(delta(seq, ["k", 1, offset, part]))
        offset += len(part.encode("utf-16-le", "surrogatepass")) // 2
    assert shown_texts(entries)["k"][1] == "".join(parts)


@pytest.mark.parametrize("odd", ["half \ud83d of a character", 10**30, "\0"])
def test_no_entry_is_too_odd_to_be_said(odd: object) -> None:
    packed = pack({"t": 1, "k": "note", "odd": odd, "even": "é🌊"})
    (entry,) = unpack([(b"1-1", {b"e": packed["e"]})])
    assert (entry.id, entry.kind, entry.body["even"]) == ("1-1", "note", "é🌊")
    assert orjson.dumps(entry.body)


def test_ids_compare_as_numbers() -> None:
    assert position("2-1") > position("1-99") > position("1-9")


def test_copy_is_small() -> None:
    entries = [delta(n, ["1.A.1", 1, n * 5, "word "]) for n in range(300)]
    assert len(pack_copy(entries)) < 6_000


def test_waits_are_those_that_are_not_over() -> None:
    note = {"k": "note", "t": 1, "key": "k"}
    told = [
        {**note, "n": 1, "waits": "turn"},
        {**note, "n": 2, "waits": "turn"},
        {**note, "n": 3, "reasoning": 8},
        {**note, "n": 2, "waits": "pause"},
        {**note, "n": 1, "waits": None},
    ]
    entries = [Entry(f"1-{seq}", body) for seq, body in enumerate(told, start=1)]
    assert waits(entries) == {2: "pause"}


def test_first_words_count_from_the_opening_of_their_call() -> None:
    opened = {"k": "draft", "key": "k", "status": "writing", "t": 40}
    entries = [
        Entry("1-1", {**opened, "n": 1, "opened_ms": 30}),
        Entry("1-2", {**opened, "n": 2, "opened_ms": 35}),
        Entry("1-3", {"k": "note", "t": 90, "key": "k", "n": 2, "reasoning": 8}),
        Entry(
            "1-4", {"k": "delta", "t": 130, "x": [["k", 1, 0, "a"], ["k", 2, 0, "b"]]}
        ),
        Entry(
            "1-5", {"k": "delta", "t": 200, "x": [["k", 3, 0, "of an unknown call"]]}
        ),
    ]
    assert first_words(entries) == {1: 100, 2: 55}
