"""Reading the body of a chat request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playground.api.documents.requests import read_chat_request
from playground.api.errors import InvalidParameter
from playground.engine.messages import Message
from playground.engine.plan import AnswerOverrides
from playground.web.refusals import TooLarge

USER = {"role": "user", "content": "Why?"}


def body(**more: Any) -> bytes:
    return json.dumps({"model": "moa/one", "messages": [USER]} | more).encode()


def test_request_is_read_whole() -> None:
    parts = [{"type": "text", "text": "Why "}, {"type": "text", "text": "so?"}]
    chat = read_chat_request(
        body(
            messages=[
                {"role": "developer", "content": "Be brief."},
                USER,
                {"role": "assistant", "content": "Because."},
                {"role": "user", "content": parts},
            ],
            stream=True,
            stream_options={"include_usage": True, "include_obfuscation": False},
            moa={"variables": {"tone": "dry"}, "detach": True},
            max_tokens=5,
            max_completion_tokens=7,
            temperature=0,
            top_p=1,
            stop="\n",
            seed=-3,
            n=1,
            response_format={"type": "text"},
            user="u1",
            logit_bias=None,
        )
    )
    assert chat.messages == (
        Message("system", "Be brief."),
        Message("user", "Why?"),
        Message("assistant", "Because."),
        Message("user", "Why so?"),
    )
    assert chat.overrides == AnswerOverrides(7, 0, 1, ("\n",), -3)
    assert chat.variables == {"tone": "dry"}
    assert (chat.is_stream, chat.include_usage, chat.detach) == (True, True, True)
    assert chat.ignored == ("user", "stream_options.include_obfuscation")


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"model": None}, "model"),
        ({"model": 3}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "Why?"}, "messages"),
        ({"messages": [USER, {"role": "assistant", "content": "So."}]}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"content": "x"}]}, "messages[0].role"),
        ({"messages": ["x"]}, "messages[0]"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": "\0"}]}, "messages[0].content"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "messages[0].content[0].type",
        ),
        ({"n": 2}, "n"),
        ({"n": True}, "n"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"temperature": 2.5}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_p": -1}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": 1.5}, "max_completion_tokens"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"stop": [""]}, "stop"),
        ({"seed": 1.5}, "seed"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": []}, "stream_options"),
        ({"moa": {"varables": {}}}, "moa.varables"),
        ({"moa": {"variables": []}}, "moa.variables"),
        ({"moa": {"detach": 1}}, "moa.detach"),
    ],
)
def test_wrong_input_is_named(more: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        read_chat_request(body(**more))
    assert (refused.value.status, refused.value.param) == (400, param)


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{", b'{"model": NaN}', b"\xff", b"[" * 9999]
)
def test_body_must_be_a_json_object(raw: bytes) -> None:
    with pytest.raises(InvalidParameter):
        read_chat_request(raw)


def test_texts_are_limited_in_bytes_together() -> None:
    half = {"role": "user", "content": "é" * 65_536}
    assert read_chat_request(body(messages=[half, half])).messages
    with pytest.raises(TooLarge) as refused:
        read_chat_request(body(messages=[half, half, USER]))
    assert (refused.value.status, refused.value.param) == (413, "messages")
