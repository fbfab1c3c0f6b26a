from __future__ import annotations

from playground.engine.messages import Message
from playground.engine.tokens import (
    bound_of_messages,
    bound_of_reference,
    bound_of_text,
    estimate_of_bytes,
    least_of_messages,
)


def test_text_counts_two_bytes_a_token_rounded_up() -> None:
    assert bound_of_text("abc") == 2
    assert bound_of_text("é€") == 3
    assert bound_of_text("\ud83d") == 2


def test_prompt_counts_a_margin_for_each_message() -> None:
    one = bound_of_messages([Message("user", "abcd")])
    assert bound_of_messages([Message("user", "abcd")] * 2) - one == 10


def test_reference_to_come_counts_a_quarter_more_than_its_limit() -> None:
    assert bound_of_reference(100) == 125
    assert bound_of_reference(101) == 127


def test_estimate_is_what_prose_has_and_less_than_the_bound() -> None:
    prose = "The quick brown fox jumps over the lazy dog, and is gone. " * 15
    assert estimate_of_bytes(len(prose)) == 218
    assert estimate_of_bytes(1) == 1
    assert bound_of_text(prose) == 435


def test_prompt_has_a_token_for_each_word_at_least() -> None:
    assert least_of_messages([Message("user", "one two three")] * 2) == 6
    assert least_of_messages([Message("user", "天" * 320)]) == 20
