"""Thoughts that stand in the text itself are kept apart, however they are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.engine.providers.thoughts import Thoughts
from tests.engine.providers.conftest import Caller


def told(*pieces: str) -> tuple[str, str]:
    thoughts = Thoughts()
    parts = [thoughts.feed(piece) for piece in pieces]
    parts.append(thoughts.feed("", final=True))
    return "".join(said for said, _ in parts), "".join(inner for _, inner in parts)


CASES = [
    ("<think>hm</think>Yes", ("Yes", "hm")),
    ("\n <THINKING>hm\n</thinking>\n\nYes", ("Yes", "hm\n")),
    ("<think>\n\n</think>\n\nYes", ("Yes", "")),
    ("<think>a</think><think>b</think> Yes", ("Yes", "ab")),
    ("<think>1 < 2 </ b</think>Yes", ("Yes", "1 < 2 </ b")),
    ("<think>on and on", ("", "on and on")),
    ("<think>on </thin", ("", "on </thin")),
    ("  Yes <think>no</think>", ("  Yes <think>no</think>", "")),
    ("<thin ice", ("<thin ice", "")),
    ("<thi", ("<thi", "")),
    ("", ("", "")),
    ("\n\n", ("\n\n", "")),
]


@pytest.mark.parametrize(("text", "parts"), CASES)
def test_thoughts_are_told_from_speech(text: str, parts: tuple[str, str]) -> None:
    assert told(text) == parts
    assert told(*text) == parts


@given(st.sampled_from(CASES), st.lists(st.integers(0, 30), max_size=6))
def test_cuts_change_nothing(
    case: tuple[str, tuple[str, str]], cuts: list[int]
) -> None:
    text, parts = case
    places = sorted({0, *(cut for cut in cuts if cut < len(text)), len(text)})
    pieces = [text[a:b] for a, b in pairwise(places)]
    assert told(*pieces) == parts


def test_speech_is_not_held_back() -> None:
    thoughts = Thoughts()

    assert thoughts.feed("Yes") == ("Yes", "")
    assert thoughts.is_over
    begun = Thoughts()
    assert begun.feed("<think>I wonder") == ("", "I wonder")
    assert begun.feed(" why</th") == ("", " why")


@pytest.mark.parametrize("size", [1, 3, 7, 200])
async def test_thoughts_in_the_text_are_kept_apart_over_the_wire(
    call: Caller, size: int
) -> None:
    answer = await call(f"fault-inner-thoughts-{size}")

    assert answer.text == "Yes: <think> is a tag."
    assert answer.reasoning == "Is 1 < 2? </thi nking\n"


async def test_thinking_that_is_cut_off_says_nothing(call: Caller) -> None:
    answer = await call("fault-endless-thoughts")

    assert (answer.text, answer.reasoning) == ("", "on and on")
    assert answer.finished is not None
    assert answer.finished.finish_reason == "length"
