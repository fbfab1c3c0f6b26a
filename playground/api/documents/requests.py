"""Reads the body of a chat request: every input that is wrong is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import orjson
from django.conf import settings

from playground.api.errors import InvalidParameter
from playground.engine.errors import Problem
from playground.engine.messages import Message, Role
from playground.engine.plan import AnswerOverrides
from playground.engine.reading import Reader
from playground.web.refusals import TooLarge

ROLES = ("system", "developer", "user", "assistant")
MOST_STOPS = 4
_MOST_TOKENS = 10_000_000
_LONGEST = 10**9
_INT64 = 2**63
_KNOWN = {
    "model",
    "messages",
    "stream",
    "stream_options",
    "moa",
    "n",
    "tools",
    "response_format",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "stop",
    "seed",
}


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What a program asks. `ignored` are the parameters that have no effect here."""

    model: str
    messages: tuple[Message, ...]
    variables: Mapping[str, object]
    overrides: AnswerOverrides
    is_stream: bool = False
    include_usage: bool = False
    detach: bool = False
    ignored: tuple[str, ...] = ()


def read_chat_request(body: bytes) -> ChatRequest:
    """The request in a body. Raises InvalidParameter, and TooLarge for its texts."""
    content = _object_in(body)
    problems: list[Problem] = []
    reader = Reader(content, "", problems)
    _refuse_what_no_run_does(reader)
    chat = _read(reader, content)
    if problems:
        raise InvalidParameter(
            "; ".join(
                f"`{problem.path}` {problem.message}" for problem in problems[:8]
            ),
            param=problems[0].path,
        )
    _check_size(chat.messages)
    return chat


def _object_in(body: bytes) -> dict[str, object]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidParameter(f"The body is not JSON: {error}.") from None
    if not isinstance(content, dict):
        raise InvalidParameter("The body must be a JSON object.")
    return content


def _read(reader: Reader, content: dict[str, object]) -> ChatRequest:
    reader.require("model", "the recipe, as `moa/<slug>`")
    model = reader.text("model", longest=_LONGEST, empty=False) or ""
    messages = _messages(reader)
    is_stream = reader.flag("stream") or False
    include_usage = reader.inner("stream_options").flag("include_usage") or False
    own = reader.inner("moa")
    variables, detach = _variables(own), own.flag("detach") or False
    own.close()
    return ChatRequest(
        model=model,
        messages=messages,
        variables=variables,
        overrides=_overrides(reader),
        is_stream=is_stream,
        include_usage=is_stream and include_usage,
        detach=detach,
        ignored=_ignored(content, is_stream=is_stream),
    )


def _refuse_what_no_run_does(reader: Reader) -> None:
    n = reader.take("n")
    if n is not None and (type(n) is not int or n != 1):
        reader.complain("n", "must be 1: a run has one answer")
    if reader.take("tools") is not None:
        reader.complain("tools", "is not supported: a mixture calls no tools")
    wanted = reader.take("response_format")
    is_text = isinstance(wanted, dict) and wanted.get("type") == "text"
    if wanted is not None and not is_text:
        reader.complain("response_format", 'must be {"type": "text"}')


def _messages(reader: Reader) -> tuple[Message, ...]:
    before = len(reader.problems)
    messages = tuple(
        _message(Reader(item, path, reader.problems))
        for path, item in reader.items("messages")
    )
    if len(reader.problems) > before:
        return messages
    if not messages:
        reader.complain("messages", "must have at least one message")
    elif messages[-1].role != "user":
        reader.complain("messages", "must end with a message of the role user")
    return messages


def _message(reader: Reader) -> Message:
    reader.require("role", "who speaks")
    role = reader.one_of("role", ROLES) or "user"
    text = _content(reader)
    if "\0" in text:
        reader.complain("content", "must not hold the character NUL")
    return Message(cast("Role", "system" if role == "developer" else role), text)


def _content(reader: Reader) -> str:
    content = reader.take("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(
            _part(Reader(part, path, reader.problems))
            for path, part in reader.items("content")
        )
    reader.complain("content", "must be text, or a list of text parts")
    return ""


def _part(reader: Reader) -> str:
    kind = reader.take("type")
    if reader.sound and kind != "text":
        reader.complain("type", "must be text: other parts are not supported")
        return ""
    reader.require("text", "the part's text")
    return reader.text("text", longest=_LONGEST) or ""


def _variables(own: Reader) -> Mapping[str, object]:
    given = own.take("variables")
    if given is None:
        return {}
    if not isinstance(given, dict):
        own.complain("variables", "must be an object of names and values")
        return {}
    if any(isinstance(value, str) and "\0" in value for value in given.values()):
        own.complain("variables", "must not hold the character NUL")
    return given


def _overrides(reader: Reader) -> AnswerOverrides:
    old = reader.whole("max_tokens", low=1, high=_MOST_TOKENS)
    new = reader.whole("max_completion_tokens", low=1, high=_MOST_TOKENS)
    return AnswerOverrides(
        max_tokens=old if new is None else new,
        temperature=reader.number("temperature", high=2),
        top_p=reader.number("top_p", high=1),
        stop=_stops(reader),
        seed=reader.whole("seed", low=-_INT64, high=_INT64 - 1),
    )


def _stops(reader: Reader) -> tuple[str, ...] | None:
    given = reader.take("stop")
    stops = [given] if isinstance(given, str) else given
    if stops is None or stops == []:
        return None
    # Blank ones are welcome: a line's end is what is asked for most.
    if not isinstance(stops, list) or not all(
        isinstance(stop, str) and stop for stop in stops
    ):
        reader.complain("stop", "must be a text or a list of texts, none of them empty")
        return None
    if any("\0" in stop for stop in stops):
        reader.complain("stop", "must be without NUL characters")
    if len(stops) > MOST_STOPS:
        reader.complain("stop", f"must have at most {MOST_STOPS} texts")
    return tuple(stops)


def _ignored(content: dict[str, object], *, is_stream: bool) -> tuple[str, ...]:
    ignored = [
        name
        for name, value in content.items()
        if value is not None and name not in _KNOWN
    ]
    options = content.get("stream_options")
    if isinstance(options, dict) and options:
        if not is_stream:
            ignored.append("stream_options")
        else:
            ignored += [
                f"stream_options.{name}" for name in options if name != "include_usage"
            ]
    return tuple(ignored)


def _check_size(messages: tuple[Message, ...]) -> None:
    size = sum(len(message.content.encode()) for message in messages)
    if size > settings.MOA_MESSAGE_BYTES:
        raise TooLarge(
            f"The messages have {size:,} bytes of text; "
            f"{settings.MOA_MESSAGE_BYTES:,} is the most.",
            param="messages",
        )
