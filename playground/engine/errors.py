"""What goes wrong below the site's floor.

EngineError
├── RecipeError          the recipe is not one that can run; lists every problem
├── Fenced               another worker has the run: stop, and say nothing more
└── CallError            one call to one provider ended without a draft
    ├── ConnectFailed    no connection                     retry
    ├── TimedOut         connect, first token, idle, total retry
    ├── RateLimited      429, 425, 408                     retry, maybe after
    ├── ServerFailed     5xx, overloaded                   retry, maybe after
    ├── Cut              the stream broke off              retry
    ├── Blank            nothing usable was written        retry
    ├── Garbled          not the protocol (HTML, bad JSON) retry
    ├── QuotaSpent       the account's money or quota      no
    ├── KeyRefused       401, 403                          no
    ├── RequestRefused   400, 404, 413, 422, redirects     no
    ├── PromptTooLong    more tokens than the model takes  no
    └── Withheld         the provider's content filter     no

The class says what the caller can do (`retryable`, `after`), the message what
happened, to what, and what to do. No message ever carries a key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


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
    there was one, `after` the seconds that the provider asked us to wait.
    """

    kind: ClassVar[str] = "failed"
    retryable: ClassVar[bool] = False

    def __init__(
        self, message: str, *, status: int | None = None, after: float | None = None
    ) -> None:
        self.message = message
        self.status = status
        self.after = after
        super().__init__(message)


class ConnectFailed(CallError):
    """No connection came about: refused, name not found, no TLS, reset."""

    kind = "connect"
    retryable = True


class TimedOut(CallError):
    """A limit passed: to connect, to the first token, between tokens, in all."""

    kind = "timeout"
    retryable = True


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


class QuotaSpent(CallError):
    """The provider's account has no money or quota left; waiting does not help."""

    kind = "quota"


class KeyRefused(CallError):
    """The provider does not accept the credential (401, 403)."""

    kind = "key"


class RequestRefused(CallError):
    """Not accepted (400, 404, 413, 422, a redirect), or not sent because it cannot be right."""

    kind = "request"


class PromptTooLong(CallError):
    """The prompt has more tokens than the model's context takes."""

    kind = "too_long"


class Withheld(CallError):
    """The provider's content filter held the text back."""

    kind = "withheld"
