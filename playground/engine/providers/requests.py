"""Writes the headers and the bytes of a request."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import orjson

from playground.engine.providers.wire import Endpoint


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


def body_of(fields: Mapping[str, object]) -> bytes:
    """The fields as JSON. Raises UnfitRequest."""
    try:
        return orjson.dumps(fields, default=_plain)
    except TypeError:
        pass
    try:
        # Half of a character (a lone surrogate) has no bytes; show that it was there.
        return orjson.dumps(_mended(fields), default=_plain)
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
