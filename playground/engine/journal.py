"""The rows of a run's journal: what was accepted and decided, and nothing else.

Within one step a decision's row comes before the rows that follow from it: `DraftDone`
before its call's `CallEnded`, `LayerClosed` before the ends of what it leaves behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, get_args

from playground.engine.ballots import Ballot
from playground.engine.errors import Fault
from playground.engine.lessons import Lesson
from playground.engine.picks import Selection
from playground.engine.routes import Routing
from playground.engine.usage import Usage
from playground.engine.verdicts import Verdict, verdict_from_json

CallStatus = Literal["done", "failed", "lost", "cancelled"]
ClosedBy = Literal["all", "quorum", "timeout", "abort", "cancel", "deadline"]
RunStatus = Literal["done", "failed", "cancelled"]
Reason = Literal[
    "cancelled", "deadline", "no_answer", "quorum", "abort", "limit", "gave_up"
]


class _Record:
    """A row of the journal; subclasses are frozen dataclasses of JSON's own types."""

    __slots__ = ()
    kind: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """The row's content; `row_from_json(row.kind, …)` is the inverse."""
        return {
            each.name: _plain(getattr(self, each.name))
            for each in fields(self)  # type: ignore[arg-type]
        }


@dataclass(frozen=True, slots=True)
class Started(_Record):
    """The run began."""

    kind: ClassVar[str] = "started"
    at: int


@dataclass(frozen=True, slots=True)
class Resumed(_Record):
    """Another worker (or the same one again) took over; open calls are lost."""

    kind: ClassVar[str] = "resumed"
    at: int
    away_ms: int
    epoch: int


@dataclass(frozen=True, slots=True)
class LayerOpened(_Record):
    """A layer began; `inputs` are the drafts that it was given, in order."""

    kind: ClassVar[str] = "layer_opened"
    layer: int
    at: int
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallOpened(_Record):
    """A call goes out. `references` are in the order shown, `seed` is the shuffle's.

    `trim_chars` is the length that money left for each reference, where it did.
    `repairs` is the call whose reply could not be read, where a judge is asked again;
    `lessons` are what the model does not take of this call.
    """

    kind: ClassVar[str] = "call_opened"
    n: int
    key: str
    alias: str
    at: int
    references: tuple[str, ...] = ()
    seed: int | None = None
    ceiling_nanos: int | None = None
    ceiling_tokens: int | None = None
    trim_chars: int | None = None
    repairs: int | None = None
    lessons: tuple[Lesson, ...] = ()


@dataclass(frozen=True, slots=True)
class CallEnded(_Record):
    """A call is over. `retry_at` is when the same model is asked again, if it is.

    `first_token_ms` counts from the call's own beginning. `lesson` is what its refusal
    taught. `least_in`: the prompt has at least so many tokens, and far fewer were read.
    """

    kind: ClassVar[str] = "call_ended"
    n: int
    key: str
    status: CallStatus
    at: int
    error: Fault | None = None
    usage: Usage | None = None
    cost_nanos: int | None = None
    finish_reason: str | None = None
    first_token_ms: int | None = None
    retry_at: int | None = None
    lesson: Lesson | None = None
    least_in: int | None = None


@dataclass(frozen=True, slots=True)
class StopAsked(_Record):
    """A person wants a draft to be stopped."""

    kind: ClassVar[str] = "stop_asked"
    key: str
    at: int


@dataclass(frozen=True, slots=True)
class RetryAsked(_Record):
    """A person wants a draft to be written again, by `alias` if there is one.

    `text` and `reasoning` are what it had as a done draft: they stand again when nothing
    comes of the retry.
    """

    kind: ClassVar[str] = "retry_asked"
    key: str
    at: int
    alias: str | None = None
    text: str = ""
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class ReplyUnread(_Record):
    """A judge's reply cannot be read. The first time, it is asked once more."""

    kind: ClassVar[str] = "reply_unread"
    key: str
    n: int
    alias: str
    at: int
    reason: str
    text: str = ""
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class DraftGiven(_Record):
    """A draft was there before the run began; `alias` is the model that wrote it.

    `unread` is why a judge's reply says nothing, where it does; `margin` is what the
    odds of its verdict say, where it compared two drafts.
    """

    kind: ClassVar[str] = "draft_given"
    key: str
    alias: str
    text: str = ""
    reasoning: str = ""
    unread: str = ""
    margin: float | None = None


@dataclass(frozen=True, slots=True)
class DraftDone(_Record):
    """A draft is written; `alias` is the model that did.

    After a retry in vain the row of the earlier call is written once more. `unread` is
    why a judge's reply says nothing, where it does: its layer goes on without it.
    `cause` is then why it was not asked again, or in vain. `margin` is what the odds of
    its verdict say, from -1 to 1, where it compared two drafts.
    """

    kind: ClassVar[str] = "draft_done"
    key: str
    n: int
    alias: str
    text: str = ""
    reasoning: str = ""
    unread: str = ""
    cause: str = ""
    margin: float | None = None


@dataclass(frozen=True, slots=True)
class DraftFailed(_Record):
    """A draft will not be written. A cause that begins with `limit` is the run's limits."""

    kind: ClassVar[str] = "draft_failed"
    key: str
    cause: str


@dataclass(frozen=True, slots=True)
class DraftStopped(_Record):
    """A draft was left behind, or a person stopped it."""

    kind: ClassVar[str] = "draft_stopped"
    key: str


@dataclass(frozen=True, slots=True)
class DraftSkipped(_Record):
    """A draft was never begun, because the run ended or somebody left it out."""

    kind: ClassVar[str] = "draft_skipped"
    key: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class LayerClosed(_Record):
    """A layer is over. Nothing in `passed_on` means that the run cannot go on.

    `ballot` is what a vote counted, `verdict` what judges found, `routing` the branch that a route chose: it passes
    on nothing, and the run goes on.
    """

    kind: ClassVar[str] = "layer_closed"
    layer: int
    at: int
    closed_by: ClosedBy
    passed_on: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ballot: Ballot | None = None
    verdict: Verdict | None = None
    routing: Routing | None = None

    @property
    def goes_on(self) -> bool:
        """True when another layer may follow."""
        if isinstance(self.verdict, Selection) and self.verdict.ends:
            return False
        return bool(self.passed_on) or self.routing is not None


@dataclass(frozen=True, slots=True)
class RunEnded(_Record):
    """The run is over; always the last row."""

    kind: ClassVar[str] = "run_ended"
    at: int
    status: RunStatus
    reason: Reason | None = None
    answer: str | None = None
    degraded: bool = False
    message: str = ""


Row = (
    Started
    | Resumed
    | LayerOpened
    | CallOpened
    | CallEnded
    | StopAsked
    | RetryAsked
    | ReplyUnread
    | DraftGiven
    | DraftDone
    | DraftFailed
    | DraftStopped
    | DraftSkipped
    | LayerClosed
    | RunEnded
)
_ROWS: dict[str, type[Any]] = {row.kind: row for row in get_args(Row)}
_FROM_JSON: dict[str, Callable[[Any], object]] = {
    "usage": Usage.from_json,
    "error": lambda stored: Fault(**stored),
    "inputs": tuple,
    "references": tuple,
    "passed_on": tuple,
    "notes": tuple,
    "ballot": Ballot.from_json,
    "verdict": verdict_from_json,
    "routing": Routing.from_json,
    "lesson": Lesson.from_json,
    "lessons": lambda stored: tuple(Lesson.from_json(each) for each in stored),
}


def row_from_json(kind: str, stored: Mapping[str, Any]) -> Row:
    """The row that `to_json` came from; KeyError for a kind that is none."""
    content = dict(stored)
    for name, read in _FROM_JSON.items():
        if content.get(name) is not None:
            content[name] = read(content[name])
    row: Row = _ROWS[kind](**content)
    return row


def _plain(value: object) -> object:
    if isinstance(value, Usage | Fault | Ballot | Routing | Verdict | Lesson):
        return value.to_json()
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
