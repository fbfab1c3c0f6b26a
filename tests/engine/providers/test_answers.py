"""Answers byte by byte: every shape that a provider's reply may have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playground.engine.errors import (
    CallError,
    Cut,
    Garbled,
    RequestRefused,
    ServerFailed,
    Withheld,
)
from playground.engine.providers import answers
from playground.engine.providers.answers import AnswerReader
from playground.engine.providers.faults import Faults
from playground.engine.providers.wire import Endpoint, Piece
from playground.engine.usage import Usage


def reader() -> AnswerReader:
    endpoint = Endpoint("stub", "http://127.0.0.1:1/v1", local=True)
    return AnswerReader(Faults(endpoint), {})


def event(**delta: Any) -> bytes:
    chunk = {"choices": [{"index": 0, "delta": delta}]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def read(*parts: bytes) -> str:
    """The text of an answer that comes in these parts."""
    found = reader()
    pieces = [found.feed(part) for part in parts] + [found.end()]
    found.finished()
    return "".join(piece.text for piece in pieces if piece)


def broken(*parts: bytes) -> CallError:
    with pytest.raises(CallError) as caught:
        read(*parts)
    return caught.value


DONE = b"data: [DONE]\n\n"


def test_nothing_is_decided_by_white_space_or_half_a_mark_of_order() -> None:
    assert read(b"\xef", b"\xbb\xbf", event(content="so"), DONE) == "so"
    assert read(b"  \n", event(content="so"), DONE) == "so"


def test_text_of_old_completions_is_text() -> None:
    chunk = {"choices": [{"index": 0, "text": "blue", "finish_reason": "stop"}]}
    assert read(b"data: " + json.dumps(chunk).encode() + b"\n\n") == "blue"


def test_refusal_of_a_model_is_its_text() -> None:
    assert read(event(refusal="I will not."), DONE) == "I will not."


def test_a_character_that_comes_in_halves_is_put_together() -> None:
    high, low = "\ud83d", "\ude00"
    assert read(event(content=high), event(content=low), DONE) == "\U0001f600"


def test_thoughts_come_as_text_parts_or_summaries() -> None:
    found = reader()
    details = [{"text": "a"}, {"summary": "b"}, {"summary": ["c", 5]}, None]
    piece = found.feed(event(reasoning_details=details))
    assert piece == Piece("", "abc")


def test_whole_answer_in_a_list_is_read() -> None:
    whole = [{"choices": [{"message": {"content": "blue"}, "finish_reason": "stop"}]}]
    assert read(json.dumps(whole).encode()) == "blue"


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"choices": []}, Garbled, "without choices"),
        ({"detail": "no such model"}, CallError, "no such model"),
        ({"message": "no such model"}, CallError, "no such model"),
        ([], Garbled, "JSON that is broken"),
    ],
)
def test_json_that_is_no_answer_says_why(
    body: object, kind: type[CallError], words: str
) -> None:
    error = broken(json.dumps(body).encode())
    assert isinstance(error, kind)
    assert words in error.message


def test_short_page_is_told_as_a_page_at_its_end() -> None:
    error = broken(b"<html><title>Sign in</title></html>")
    assert isinstance(error, Garbled | RequestRefused)
    assert "Sign in" in error.message


def test_page_that_comes_in_parts_is_told_whole() -> None:
    error = broken(b"<html><title>Sign", b" in</title>", b"</html>")
    assert "Sign in" in error.message


def test_more_than_anybody_asked_for_ends_the_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "MOST_BYTES", 100)
    assert "far more than was asked for" in broken(event(content="x" * 200)).message


def test_nothing_at_all_is_a_cut() -> None:
    assert isinstance(broken(b""), Cut)


@pytest.mark.parametrize(
    ("reason", "error"), [("content_filter", Withheld), ("error", ServerFailed)]
)
def test_what_was_counted_of_an_answer_that_is_kept_back_is_told(
    reason: str, error: type[CallError]
) -> None:
    end = {
        "choices": [{"index": 0, "delta": {}, "finish_reason": reason}],
        "usage": {"prompt_tokens": 9000, "completion_tokens": 1500},
    }
    caught = broken(b"data: " + json.dumps(end).encode() + b"\n\n", DONE)
    assert isinstance(caught, error)
    assert caught.usage == Usage(9000, 0, 1500)
