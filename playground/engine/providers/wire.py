"""The values that pass between the engine and a provider.

Units: seconds and tokens. An endpoint's key never shows in a repr.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from playground.engine.lessons import Lesson
from playground.engine.messages import Message
from playground.engine.odds import TokenOdds
from playground.engine.usage import Usage


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A provider as the wire sees it: where it is, its key, what it can bear.

    `base_url` is what stands before `/chat/completions`. `local` allows loopback
    and private addresses. `keep_alive` is False for servers that fail on a reused
    connection (llama.cpp's does).
    """

    slug: str
    base_url: str
    key: str | None = field(default=None, repr=False)
    local: bool = False
    max_parallel: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    keep_alive: bool = True


@dataclass(frozen=True, slots=True)
class Timeouts:
    """The limits of one call, in seconds.

    `connect` covers the name, TCP and TLS; `first_token` runs from the request to
    the first content; `idle` between contents (keep-alives are none); `total` all.
    """

    connect: float = 10.0
    first_token: float = 300.0
    idle: float = 60.0
    total: float = 600.0


@dataclass(frozen=True, slots=True)
class CallRequest:
    """One call: this model at this endpoint, with these messages.

    `params` is already resolved: it holds `max_tokens`, and what it lacks is not
    sent. Keys: temperature, top_p, max_tokens, seed, stop, reasoning_effort, extra.
    `lessons` are what the model does not take of them.
    `odds` asks for the odds of the tokens; nobody has to give them.
    """

    endpoint: Endpoint
    model: str
    messages: tuple[Message, ...]
    params: Mapping[str, object]
    timeouts: Timeouts = Timeouts()
    lessons: tuple[Lesson, ...] = ()
    odds: bool = False


@dataclass(frozen=True, slots=True)
class Waits:
    """The call is not sent yet: it waits for its `turn`, or for the end of a `pause`."""

    why: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The request goes out now: from here on the call may cost something."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one network read brought: text that is said, and text that is thought."""

    text: str
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """The provider said that it is done; always the last thing of a stream.

    `usage` is None when the provider did not say, `finish_reason` is its own word.
    `odds` are those of the first tokens, where the provider gave any.
    """

    usage: Usage | None
    finish_reason: str | None
    odds: tuple[TokenOdds, ...] = ()
