"""Says what went wrong with a call: who, what happened, and what to do about it.

Every message passes the redactor, is one line and is short.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

import orjson

from playground.engine.errors import (
    Blank,
    CallError,
    ConnectFailed,
    Cut,
    Garbled,
    KeyRefused,
    NotTaken,
    PromptTooLong,
    QuotaSpent,
    RateLimited,
    RequestRefused,
    ServerFailed,
    TimedOut,
    Withheld,
)
from playground.engine.lessons import Lesson
from playground.engine.providers.learning import lesson_of
from playground.engine.providers.patience import asked_wait
from playground.engine.providers.redaction import Redactor, shorten, title_of
from playground.engine.providers.verdicts import Refusal, read_refusal, verdict
from playground.engine.providers.wire import Endpoint

LONGEST: Final = 300
LONGEST_WORD: Final = 64
# A server that has just been started says so until its model is in memory.
LOADING_SECONDS: Final = 5.0
_LOADING: Final = re.compile(
    r"loading model|model is (?:still )?loading", re.IGNORECASE
)

_WHAT: Final[Mapping[type[CallError], str]] = {
    KeyRefused: "refused the key",
    QuotaSpent: "says that its account has no money or quota left",
    RateLimited: "asks for patience",
    ServerFailed: "failed on its side",
    RequestRefused: "refused the request",
    PromptTooLong: "says that the prompt is longer than its model takes",
    Withheld: "withheld the text by its content filter",
}
_TO_DO: Final[Mapping[type[CallError], str]] = {
    KeyRefused: "Check the credential of provider {slug}.",
    QuotaSpent: "Top up the account of provider {slug}, or use another.",
    RateLimited: "Lower the limits of provider {slug} if this stays.",
    ServerFailed: "Try again later.",
    RequestRefused: "Check the model's name and the slot's parameters.",
    PromptTooLong: "Shorten the prompt or the references, or use another model.",
    Withheld: "Change the prompt, or use another model.",
    ConnectFailed: "Check the base URL of provider {slug}, and that it is up.",
    Cut: "Try again.",
    Blank: "Try again.",
    TimedOut: "Try again, or raise the timeout.",
    Garbled: "Check the base URL of provider {slug}.",
}
_BY_STATUS: Final = {
    404: "Check the model's name and the base URL of provider {slug}.",
    413: "Shorten the prompt.",
}
_MAY_TEACH: Final = frozenset((RequestRefused, ServerFailed, KeyRefused))
_UNTRUSTED: Final = (
    "Check the base URL of provider {slug}, or name a file with the certificates that "
    "the worker shall trust in SSL_CERT_FILE."
)
_REDIRECT: Final = "Redirects are not followed: check the base URL of provider {slug}."


class Faults:
    """Makes the errors of one call to an endpoint; `sent` are the request's fields."""

    def __init__(
        self,
        endpoint: Endpoint,
        sent: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self._slug = endpoint.slug
        self.sent = sent
        self._redactor = Redactor(endpoint.key)

    def word(self, said: str) -> str:
        """A provider's own word for something, as it can be kept and shown."""
        return shorten(self._redactor.clean(said), LONGEST_WORD)

    def connect(self, why: str) -> CallError:
        return self._make(ConnectFailed, "could not be reached", why)

    def untrusted(self, why: str) -> CallError:
        """Its TLS certificate is not one to send a key to; trying again mends nothing."""
        what = "was not called, its TLS certificate is not trusted"
        return self._make(RequestRefused, what, why, to_do=_UNTRUSTED)

    def timed_out(self, what: str, seconds: float) -> CallError:
        """`what` is what did not come in time, such as `sent no text`."""
        return self._make(TimedOut, f"{what} for {seconds:g} s")

    def cut(self, what: str) -> CallError:
        return self._make(Cut, what)

    def garbled(self, what: str, said: str = "") -> CallError:
        return self._make(Garbled, what, shorten(self._redactor.clean(said), 120))

    def page(self, page: str) -> CallError:
        """A web page came where an answer should be."""
        return self.garbled("answered with a web page", title_of(page))

    def unfit(self, what: str, why: str) -> CallError:
        """The request was not sent because it cannot be right."""
        return self._make(RequestRefused, what, why, to_do=_TO_DO[Garbled])

    def unusable_key(self) -> CallError:
        return self._make(KeyRefused, "has a key that no HTTP header can carry")

    def withheld(self, reason: str) -> CallError:
        return self._make(Withheld, f"{_WHAT[Withheld]} ({reason})")

    def errored(self) -> CallError:
        """The stream's reason to finish was an error that it did not explain."""
        return self._make(ServerFailed, "ended its answer with an error")

    def refused(
        self, status: int, headers: Mapping[str, str], body: bytes
    ) -> CallError:
        """The error that an HTTP status and its body mean."""
        if 300 <= status < 400:
            what = f"answered with a redirect ({status})"
            return self._make(RequestRefused, what, status=status, to_do=_REDIRECT)
        refusal = _read_body(body, headers.get("content-type", ""))
        return self._refusal(refusal, status, headers)

    def in_stream(self, payload: object, headers: Mapping[str, str]) -> CallError:
        """The error that an error object inside of a good answer means."""
        refusal = read_refusal(payload)
        return self._refusal(refusal, refusal.status, headers)

    def _refusal(
        self, refusal: Refusal, status: int | None, headers: Mapping[str, str]
    ) -> CallError:
        kind = verdict(refusal, status)
        shown = f" ({status})" if status else ""
        if kind in _MAY_TEACH and (lesson := lesson_of(refusal, status, self.sent)):
            return self._not_taken(lesson, shown, refusal.text, status)
        after = asked_wait(headers, refusal.text, now=datetime.now(UTC))
        if after is None and _LOADING.search(refusal.text):
            after = LOADING_SECONDS
        return self._make(
            kind,
            f"{_WHAT[kind]}{shown}",
            refusal.text,
            status=status,
            after=after if kind.retryable else None,
            to_do=_BY_STATUS.get(status or 0) if kind is RequestRefused else None,
        )

    def _not_taken(
        self, lesson: Lesson, shown: str, text: str, status: int | None
    ) -> NotTaken:
        what = f"does not take {lesson.field} for this model{shown}"
        message = self._message(what, text, f"Asked again: {lesson}.")
        return NotTaken(message, lesson=lesson, status=status)

    def _make(
        self,
        kind: type[CallError],
        what: str,
        detail: str = "",
        *,
        status: int | None = None,
        after: float | None = None,
        to_do: str | None = None,
    ) -> CallError:
        hint = (to_do or _TO_DO[kind]).format(slug=self._slug)
        return kind(self._message(what, detail, hint), status=status, after=after)

    def _message(self, what: str, detail: str, hint: str) -> str:
        head, tail = self._redactor.clean(f"{self._slug} {what}"), f". {hint}"
        room = LONGEST - len(head) - len(tail) - 2
        detail = shorten(self._redactor.clean(detail), room).rstrip(".")
        return f"{head}: {detail}{tail}" if detail else f"{head}{tail}"


def _read_body(body: bytes, content_type: str) -> Refusal:
    """An error body: JSON, a web page reduced to its title, or plain text."""
    try:
        return read_refusal(orjson.loads(body))
    except orjson.JSONDecodeError:
        text = body.decode("utf-8", "replace")
    if "html" in content_type or text.lstrip()[:1] == "<":
        return Refusal(frozenset(), title_of(text))
    return Refusal(frozenset(), text)
