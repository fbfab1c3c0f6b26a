"""What the machine hears (events) and what it orders (commands).

All times are whole milliseconds since the run's start. The journal's rows, which come
between the two, live in `journal`; whoever drives a machine imports them here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from playground.engine.errors import CallError, Fault
from playground.engine.journal import (
    CallEnded,
    CallOpened,
    CallStatus,
    ClosedBy,
    DraftDone,
    DraftFailed,
    DraftGiven,
    DraftSkipped,
    DraftStopped,
    LayerClosed,
    LayerOpened,
    Reason,
    ReplyUnread,
    Resumed,
    RetryAsked,
    Row,
    RunEnded,
    RunStatus,
    Started,
    StopAsked,
    row_from_json,
)
from playground.engine.lessons import Lesson
from playground.engine.messages import Message
from playground.engine.odds import TokenOdds
from playground.engine.shapes import Params
from playground.engine.usage import Usage

__all__ = [
    "CallDone",
    "CallEnded",
    "CallFailed",
    "CallOpened",
    "CallStatus",
    "Cancel",
    "CloseCall",
    "ClosedBy",
    "Command",
    "DraftDone",
    "DraftFailed",
    "DraftGiven",
    "DraftSkipped",
    "DraftStopped",
    "Event",
    "Fault",
    "Heard",
    "LayerClosed",
    "LayerOpened",
    "Reason",
    "ReplyUnread",
    "Resume",
    "Resumed",
    "RetryAsked",
    "RetryDraft",
    "Row",
    "RunEnded",
    "RunStatus",
    "SendCall",
    "Start",
    "Started",
    "Step",
    "StopAsked",
    "StopDraft",
    "Tick",
    "row_from_json",
]


@dataclass(slots=True)
class Heard:
    """What is known of calls that have not ended, by their numbers.

    `received` are bytes of UTF-8, `first_token_ms` counts from the call's beginning,
    `unsent` calls wait for their turn at the provider.
    """

    received: dict[int, int] = field(default_factory=dict)
    first_token_ms: dict[int, int] = field(default_factory=dict)
    unsent: frozenset[int] = frozenset()

    def update(self, other: Heard) -> None:
        """Take in what somebody else knows; it is the newer."""
        self.received.update(other.received)
        self.first_token_ms.update(other.first_token_ms)
        self.unsent = other.unsent


@dataclass(frozen=True, slots=True)
class Start:
    """A worker begins the run."""

    at: int


@dataclass(frozen=True, slots=True)
class Resume:
    """A worker takes the run over; `away_ms` is how long nobody had it.

    What calls that were open are known to have written makes their estimate smaller.
    """

    at: int
    away_ms: int
    epoch: int


@dataclass(frozen=True, slots=True)
class CallDone:
    """A call ended as the protocol says; its text may still be blank.

    `odds` are those of its first tokens, where they were asked for and given.
    """

    n: int
    at: int
    text: str
    reasoning: str = ""
    usage: Usage | None = None
    finish_reason: str | None = None
    first_token_ms: int | None = None
    odds: tuple[TokenOdds, ...] = ()


@dataclass(frozen=True, slots=True)
class CallFailed:
    """A call ended without a draft; text and usage are what arrived before.

    `is_sent`: its request went out, so somebody may have worked for it.
    """

    n: int
    at: int
    error: CallError
    text: str = ""
    reasoning: str = ""
    usage: Usage | None = None
    first_token_ms: int | None = None
    is_sent: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; a timer may be due."""

    at: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """A person stops the run."""

    at: int


@dataclass(frozen=True, slots=True)
class StopDraft:
    """A person stops one draft. `request` is for whoever drives: whose wish it was."""

    key: str
    at: int
    request: int | None = None


@dataclass(frozen=True, slots=True)
class RetryDraft:
    """A person wants one draft written again, by another model if `alias` names one."""

    key: str
    alias: str | None
    at: int
    request: int | None = None


Event = Start | Resume | CallDone | CallFailed | Tick | Cancel | StopDraft | RetryDraft


@dataclass(frozen=True, slots=True)
class SendCall:
    """Make this call. `params.max_tokens` is always set; `timeout_s` is for all of it.

    `lessons` are what the model does not take of it.
    `odds`: how likely its first tokens were is worth knowing, if the provider tells.
    """

    n: int
    key: str
    alias: str
    messages: tuple[Message, ...]
    params: Params
    timeout_s: float
    lessons: tuple[Lesson, ...] = ()
    odds: bool = False


@dataclass(frozen=True, slots=True)
class CloseCall:
    """Close this call's connection; nothing more is wanted of it."""

    n: int


Command = SendCall | CloseCall


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from one event: rows to commit, then commands to perform."""

    rows: tuple[Row, ...] = ()
    commands: tuple[Command, ...] = ()
