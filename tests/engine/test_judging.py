"""What a judge's reply says: found in prose and fences, checked, or refused with a reason."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.engine.judging import (
    LONGEST_REASON,
    Misread,
    Names,
    Unreadable,
    read_json,
    repair,
)
from playground.engine.messages import Message


class Best(msgspec.Struct):
    best: str
    why: str = ""


@pytest.mark.parametrize(
    "reply",
    [
        '{"best": "A"}',
        '  {"best": "A", "else": [1]}\n',
        'Here it is:\n```json\n{"best": "A"}\n```\nGlad to help {you}.',
        'I weigh {both}, {"a": 1} and decide: {"best": "A"}',
        '{"verdict": {"best": "A"}}',
        '[{"best": "A"}, {"best": "B"}]',
        '{"best": "A"} or rather {"best": "B"}',
        '<think>{"best": "B"}</think>{"best": "A"}',
        'thoughts {"best": "B"}</think>\n{"best": "A"}',
    ],
)
def test_first_object_that_fits_is_the_reply(reply: str) -> None:
    assert read_json(reply, Best) == Best("A")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("A is best.", "it has no JSON object"),
        ('<think>{"best": "A"}</think>A.', "it has no JSON object"),
        ('{"best": "A"', "the JSON in it is broken or cut off"),
        ("{'best': 'A'}", "the JSON in it is broken or cut off"),
        ("{" * 10_000, "the JSON in it is broken or cut off"),
        ('{"a":' * 5_000, "the JSON in it is broken or cut off"),
        (
            '{"best": 1}',
            "its JSON does not fit: Expected `str`, got `int` - at `$.best`",
        ),
        (
            '{"a": {"b": 1}}',
            "its JSON does not fit: Object missing required field `best`",
        ),
    ],
)
def test_what_cannot_be_read_says_why(reply: str, reason: str) -> None:
    assert read_json(reply, Best) == Unreadable(reason)


@given(st.text())
def test_any_text_is_read_or_refused(reply: str) -> None:
    assert isinstance(read_json(reply, Best), Unreadable)


@given(st.text(), st.text(alphabet="xyz }`\n"), st.text())
def test_object_is_found_whatever_stands_around_it(
    best: str, before: str, after: str
) -> None:
    found = read_json(f"{before}{json.dumps({'best': best})}{after}", Best)
    wanted = best.replace("\0", "\ufffd")
    if "<think" not in after.lower() and "</think" not in (best + after).lower():
        assert found == Best(wanted)


def test_characters_that_no_database_keeps_are_replaced() -> None:
    assert read_json('{"best": "a\\u0000b\\ud800"}', Best) == Best("a\ufffdb\ufffd")


def test_reason_is_short_enough_to_be_told() -> None:
    assert len(Unreadable("x" * 9999).reason) == LONGEST_REASON


def test_repair_shows_the_reply_and_what_was_wrong() -> None:
    asked = (Message("system", "be just"), Message("user", "judge"))
    again = repair(asked, "<think>hm</think> A.", "it has no JSON object.")
    assert again[:2] == asked
    assert again[2] == Message("assistant", "A.")
    assert again[3].role == "user"
    assert "could not be read: it has no JSON object. Reply once" in again[3].content


NAMES = Names({"A": "1.A.1", "b-2": "1.b-2.1"})


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("A", "1.A.1"),
        (" a ", "1.A.1"),
        ("Draft A", "1.A.1"),
        ("[reference A]", "1.A.1"),
        ("1.A.1", "1.A.1"),
        ("B-2.", "1.b-2.1"),
    ],
)
def test_drafts_are_known_by_their_labels(said: str, key: str) -> None:
    assert NAMES.key(said) == key


def test_numbers_name_drafts_whose_names_are_hidden() -> None:
    names = Names({"1": "1.B.1", "2": "1.A.1"})
    assert names.keys([2, "2", "draft 1"]) == ("1.A.1", "1.B.1")
    assert names.label("1.A.1") == "2"
    assert names.label("3.C.1") == "3.C.1"


@pytest.mark.parametrize("said", ["C", "", "draft", "AB", 1])
def test_a_draft_that_is_not_there_is_refused(said: str | int) -> None:
    with pytest.raises(Misread, match="and the drafts are A, b-2"):
        NAMES.key(said)
