"""Texts in sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from playground.web.sentences import sentences_of, words_of


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("It is 3.5 times. So.", ["It is 3.5 times.", "So."]),
        ("See e.g. this. Dr. No.", ["See e.g. this.", "Dr. No."]),
        ("1. first\n2. second", ["1. first", "2. second"]),
        ("- **Bold.** Rest\n\nNext", ["- **Bold.**", "Rest", "Next"]),
        ('He said "No." Then "Yes."', ['He said "No."', 'Then "Yes."']),
        ("\u4f60\u597d\u3002\u518d\u89c1", ["\u4f60\u597d\u3002", "\u518d\u89c1"]),
        ("  \n \n", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(
    text: str, sentences: list[str]
) -> None:
    assert [sentence.text for sentence in sentences_of(text)] == sentences


@given(some.text(alphabet="aB1. !?\n*`\"'-\u3002", max_size=80))
def test_sentences_leave_nothing_out_but_space(text: str) -> None:
    found = sentences_of(text)
    assert "".join("".join(each.text.split()) for each in found) == "".join(
        text.split()
    )
    assert all(text[each.start : each.end] == each.text for each in found)
    assert [each.start for each in found] == sorted(each.start for each in found)


def test_words_are_lower_case_without_marks() -> None:
    assert words_of("Don't — stop, *now*!") == ["don't", "stop", "now"]
