"""What a provider's refusal means: from its status and its error object to a class.

Codes outrank the status where providers misuse it (an empty account is a 429, a bad
key a 400), else the status decides, else the error's words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from playground.engine.errors import (
    CallError,
    KeyRefused,
    PromptTooLong,
    QuotaSpent,
    RateLimited,
    RequestRefused,
    ServerFailed,
    Withheld,
)

_QUOTA: Final = frozenset(
    [
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
        "insufficient_balance",
        "insufficient_credits",
        "insufficient_user_quota",
        "exceeded_current_quota_error",
    ]
)
_KEY: Final = frozenset(
    [
        "invalid_api_key",
        "api_key_invalid",
        "authentication_error",
        "invalid_authentication",
        "unauthenticated",
        "unauthorized",
        "permission_error",
        "permission_denied",
    ]
)
_FILTER: Final = frozenset(
    [
        "content_filter",
        "content_policy_violation",
        "responsibleaipolicyviolation",
        "data_inspection_failed",
        "prohibited_content",
    ]
)
_RATE: Final = frozenset(
    [
        "rate_limit_error",
        "rate_limit_exceeded",
        "too_many_requests",
        "resource_exhausted",
        "engine_overloaded_error",
    ]
)
_REQUEST: Final = frozenset(
    [
        "invalid_request_error",
        "not_found_error",
        "model_not_found",
        "tool_use_failed",
        "invalid_argument",
        "not_found",
        "request_too_large",
    ]
)
_TOO_LONG: Final = frozenset(
    ["context_length_exceeded", "exceed_context_size_error", "string_above_max_length"]
)
_TOO_LONG_TEXT: Final = re.compile(
    r"maximum context length|context (?:window|size|length)|prompt is too long"
    r"|too many (?:input )?tokens|exceeds? the (?:available|maximum) (?:context|number)",
    re.IGNORECASE,
)
_NO_MONEY: Final = re.compile(
    r"credit balance is too low|insufficient (?:balance|credits|funds)|key limit exceeded",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A provider's error object, read: its words (codes and types) and its text.

    `param` is the field of the request that it names.
    """

    words: frozenset[str]
    text: str
    status: int | None = None
    param: str = ""

    @property
    def too_long(self) -> bool:
        return bool(self.words & _TOO_LONG or _TOO_LONG_TEXT.search(self.text))

    @property
    def spent(self) -> bool:
        limits = any(word.endswith("spend_limit_exceeded") for word in self.words)
        return limits or bool(self.words & _QUOTA or _NO_MONEY.search(self.text))


def read_refusal(payload: object) -> Refusal:
    """Read any of the shapes that error objects have in the field."""
    if isinstance(payload, list) and payload:
        payload = payload[0]
    error = payload.get("error", payload) if isinstance(payload, dict) else payload
    outer = payload if isinstance(payload, dict) else {}
    if not isinstance(error, dict):
        # Ollama says {"error": "text", "status": …}; some only a string.
        words = frozenset(_words(outer)) if error is not payload else frozenset()
        return Refusal(words, _said(error), _status(outer))
    words = frozenset([*_words(error), *_words(outer)])
    param = error.get("param")
    return Refusal(
        words,
        _text_of(error),
        _status(error) or _status(outer),
        param if isinstance(param, str) else "",
    )


def verdict(refusal: Refusal, status: int | None) -> type[CallError]:
    """The class of an error: what the caller can do about it."""
    words = refusal.words
    if status is None or status < 500:
        if refusal.spent:
            return QuotaSpent
        if words & _FILTER or "flagged" in words:
            return Withheld
        if status in (None, 400) and words & _KEY:
            return KeyRefused
        if status in (None, 400, 413, 422) and refusal.too_long:
            return PromptTooLong
    return _by_words(words) if status is None else _by_status(status)


def _by_status(status: int) -> type[CallError]:
    if status in (401, 403):
        return KeyRefused
    if status == 402:
        return QuotaSpent
    if status in (408, 425, 429):
        return RateLimited
    return ServerFailed if status >= 500 else RequestRefused


def _by_words(words: frozenset[str]) -> type[CallError]:
    if words & _RATE:
        return RateLimited
    return RequestRefused if words & _REQUEST else ServerFailed


def _words(error: Mapping[str, Any]) -> Iterator[str]:
    inner = error.get("innererror")
    for place in (error, inner if isinstance(inner, dict) else {}):
        for name in ("code", "type", "status"):
            if isinstance(word := place.get(name), str):
                yield word.lower()
    details = error.get("details")
    for detail in details if isinstance(details, list) else []:
        if isinstance(detail, dict) and isinstance(detail.get("reason"), str):
            yield detail["reason"].lower()
    metadata = error.get("metadata")
    if isinstance(metadata, dict) and "flagged_input" in metadata:
        yield "flagged"


def _status(error: Mapping[str, Any]) -> int | None:
    for name in ("status", "status_code", "code"):
        value = error.get(name)
        if isinstance(value, str) and re.fullmatch("[0-9]{3}", value):
            value = int(value)
        if isinstance(value, int) and 400 <= value < 600:
            return value
    return None


def _text_of(error: Mapping[str, Any]) -> str:
    for name in ("message", "detail", "msg", "error", "title"):
        if found := error.get(name):
            return _said(found)
    # A text in a place we do not know is better shown than lost.
    return _said(error) if error else ""


def _said(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
