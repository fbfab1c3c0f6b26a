"""What goes wrong below the site's floor.

EngineError
├── RecipeError          the recipe is not one that can run; lists every problem
├── Fenced               another worker has the run: stop, and say nothing more
└── CallError            one call to one provider ended without a draft
    ├── ConnectFailed    no connection                     retry
    ├── TimedOut         connect, first token, idle, total retry
    │   └── LayerTimedOut  the time of its layer was over  retry
    ├── RateLimited      429, 425, 408                     retry, maybe after
    ├── ServerFailed     5xx, overloaded                   retry, maybe after
    ├── Cut              the stream broke off              retry
    ├── Blank            nothing usable was written        retry
    ├── Garbled          not the protocol (HTML, bad JSON) retry
    ├── Paused           not sent: its provider is down    retry, after
    ├── QuotaSpent       the account's money or quota      no
    ├── KeyRefused       401, 403                          no
    ├── NotTaken         a field that the model lacks      once, without it
    ├── RequestRefused   400, 404, 413, 422, redirects     no
    ├── PromptTooLong    more tokens than the model takes  no
    └── Withheld         the provider's content filter     no

The class says what the caller can do (`retryable`, `after`), the message what
happened, to what, and what to do. No message ever carries a key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from playground.engine.lessons import Lesson
from playground.engine.usage import Usage


class EngineError(Exception):
    """The root of what the engine raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a recipe: where (a path like `layers[0].slots`), and what."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class RecipeError(EngineError):
    """The document is not a recipe that can run. Carries every problem found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class Fenced(EngineError):
    """The run went to another worker. A store raises it; the runner stops its calls."""


class CallError(EngineError):
    """One call failed.

    `kind` is the stable word kept in the journal, `status` the HTTP status when
    there was one, `after` the seconds that the provider asked us to wait, `usage` what
    it counted all the same.
    """

    kind: ClassVar[str] = "failed"
    retryable: ClassVar[bool] = False

    def __init__(
        self, message: str, *, status: int | None = None, after: float | None = None
    ) -> None:
        self.message = message
        self.status = status
        self.after = after
        self.usage: Usage | None = None
        super().__init__(message)


class ConnectFailed(CallError):
    """No connection came about: refused, name not found, no TLS, reset."""

    kind = "connect"
    retryable = True


class TimedOut(CallError):
    """A limit passed: to connect, to the first token, between tokens, in all."""

    kind = "timeout"
    retryable = True


class LayerTimedOut(TimedOut):
    """The layer's time was over while the call was still open."""

    kind = "layer_timeout"


class RateLimited(CallError):
    """The provider asks for patience (429, 425, 408)."""

    kind = "rate"
    retryable = True


class ServerFailed(CallError):
    """The provider failed on its side (5xx, overloaded)."""

    kind = "server"
    retryable = True


class Cut(CallError):
    """The stream ended before the provider said that it was complete."""

    kind = "cut"
    retryable = True


class Blank(CallError):
    """The call ended well and said nothing that can be used."""

    kind = "blank"
    retryable = True


class Garbled(CallError):
    """The answer is not of the protocol: a proxy's page, broken JSON."""

    kind = "garbled"
    retryable = True


class Paused(CallError):
    """Not sent: calls to the provider failed one after the other, and are held back."""

    kind = "paused"
    retryable = True


class QuotaSpent(CallError):
    """The provider's account has no money or quota left; waiting does not help."""

    kind = "quota"


class KeyRefused(CallError):
    """The provider does not accept the credential (401, 403)."""

    kind = "key"


class RequestRefused(CallError):
    """Not accepted (400, 404, 413, 422, a redirect), or not sent because it cannot be right."""

    kind = "request"


class NotTaken(CallError):
    """A field of the request is not taken; asked again as `lesson` says, it may be."""

    kind = "not_taken"

    def __init__(
        self,
        message: str,
        *,
        lesson: Lesson,
        status: int | None = None,
        after: float | None = None,
    ) -> None:
        super().__init__(message, status=status, after=after)
        self.lesson = lesson


class PromptTooLong(CallError):
    """The prompt has more tokens than the model's context takes."""

    kind = "too_long"


class Withheld(CallError):
    """The provider's content filter held the text back."""

    kind = "withheld"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a call failed, as the journal keeps it."""

    kind: str
    message: str
    status: int | None = None

    @classmethod
    def of(cls, error: CallError) -> Fault:
        """The record of an error."""
        return cls(error.kind, error.message, error.status)

    def to_json(self) -> dict[str, Any]:
        """The fault in the shape of the run export and the feed."""
        return {"kind": self.kind, "message": self.message, "status": self.status}
