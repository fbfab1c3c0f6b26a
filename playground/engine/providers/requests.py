"""Writes the request of a call: no more fields than were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import orjson

from playground.engine.providers.wire import CallRequest, Endpoint

_PLAIN: Final = ("temperature", "top_p", "seed", "stop", "reasoning_effort")
# What `extra` may not touch: which model is paid, for how much, and how it answers.
_OURS: Final = frozenset(
    ("model", "messages", "max_tokens", "stream", "stream_options", "n")
)


class UnfitRequest(Exception):
    """The parameters cannot be written as JSON."""


def headers_of(endpoint: Endpoint) -> dict[str, str]:
    """The headers of every call to an endpoint; compression is declined."""
    headers = {
        "Accept": "text/event-stream, application/json",
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "User-Agent": "moa-playground",
    }
    if endpoint.key is not None:
        headers["Authorization"] = f"Bearer {endpoint.key}"
    if not endpoint.keep_alive:
        headers["Connection"] = "close"
    return headers


def body_of(call: CallRequest) -> bytes:
    """The call as JSON: plain text messages, a stream, and usage at its end."""
    extra = call.params.get("extra")
    body: dict[str, object] = dict(extra) if isinstance(extra, Mapping) else {}
    body = {name: value for name, value in body.items() if name not in _OURS}
    body |= {
        "model": call.model,
        "messages": [message.to_json() for message in call.messages],
        "max_tokens": call.params["max_tokens"],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    for name in _PLAIN:
        if (value := call.params.get(name)) not in (None, (), []):
            body[name] = value
    return _dump(body)


def _dump(body: dict[str, object]) -> bytes:
    try:
        return orjson.dumps(body, default=_plain)
    except TypeError:
        pass
    try:
        # Half of a character (a lone surrogate) has no bytes; show that it was there.
        return orjson.dumps(_mended(body), default=_plain)
    except TypeError as problem:
        raise UnfitRequest(str(problem)) from None


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError


def _mended(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_mended(name): _mended(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(inner) for inner in value]
    return value
