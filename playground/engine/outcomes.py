"""What the end of a call means for its draft: written, tried again, or passed over."""

from __future__ import annotations

import math
from collections.abc import Iterable

from playground.engine.chance import chance
from playground.engine.desk import Desk
from playground.engine.errors import Blank, CallError, Cut, NotTaken, Paused, TimedOut
from playground.engine.events import (
    CallDone,
    CallEnded,
    CallFailed,
    CallOpened,
    DraftDone,
    Fault,
    ReplyUnread,
    Row,
)
from playground.engine.lessons import MOST_LESSONS, Lesson
from playground.engine.prompts import without_thoughts
from playground.engine.rules import deadline_of
from playground.engine.state import RunState
from playground.engine.tokens import bytes_of
from playground.engine.usage import Usage

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 8.0
_BLANK = "nothing that can be used was written"


class Outcomes:
    """Reads the ends of calls of one run."""

    def __init__(self, state: RunState, desk: Desk, seed: int) -> None:
        self._state = state
        self._desk = desk
        self._seed = seed

    def of(self, event: CallDone | CallFailed, *, now: int) -> Iterable[Row]:
        """The rows that a call's end leaves; none for a call that is not open."""
        call = self._state.calls.get(event.n)
        if call is None:
            return ()
        if isinstance(event, CallFailed):
            return (self._failed(call, event, event.error, now=now),)
        if not without_thoughts(event.text):
            return (self._failed(call, event, Blank(_BLANK), now=now),)
        return self._done(call, event, now=now)

    def _done(self, call: CallOpened, event: CallDone, *, now: int) -> Iterable[Row]:
        """The draft first: were its row the second, a cut between would lose the text."""
        usage = event.usage or self._estimate(call, event)
        draft = self._state.drafts[call.key]
        if draft.end is None:
            fault = self._desk.fault_in(self._state, draft, event.text)
            yield self._written(call, event, fault=fault, now=now)
        yield CallEnded(
            n=call.n,
            key=call.key,
            status="done",
            at=now,
            usage=usage,
            cost_nanos=self._desk.cost(call, usage),
            finish_reason=event.finish_reason,
            first_token_ms=event.first_token_ms,
            least_in=self._desk.unread(self._state, call, usage),
        )

    def _written(
        self, call: CallOpened, event: CallDone, *, fault: str, now: int
    ) -> DraftDone | ReplyUnread:
        said = {"text": event.text, "reasoning": event.reasoning}
        if fault:
            return ReplyUnread(call.key, call.n, call.alias, now, fault, **said)
        margin = self._desk.margin_in(self._state, self._state.drafts[call.key], event)
        return DraftDone(call.key, call.n, call.alias, **said, margin=margin)

    def _failed(
        self,
        call: CallOpened,
        event: CallDone | CallFailed,
        error: CallError,
        *,
        now: int,
    ) -> CallEnded:
        usage = self._usage_of_failed(call, event, error)
        lesson = self._taught(call, error)
        return CallEnded(
            n=call.n,
            key=call.key,
            status="failed",
            at=now,
            error=Fault.of(error),
            usage=usage,
            cost_nanos=self._desk.cost(call, usage),
            finish_reason=getattr(event, "finish_reason", None),
            first_token_ms=event.first_token_ms,
            retry_at=self._retry_at(call, error, lesson, now=now),
            lesson=lesson,
        )

    def _taught(self, call: CallOpened, error: CallError) -> Lesson | None:
        """What a refusal teaches; each lesson is taken once, else we would ask for ever."""
        taught = self._state.drafts[call.key].taught
        if not isinstance(error, NotTaken) or len(taught) >= MOST_LESSONS:
            return None
        return None if (call.alias, error.lesson) in taught else error.lesson

    def _usage_of_failed(
        self, call: CallOpened, event: CallDone | CallFailed, error: CallError
    ) -> Usage | None:
        """Refused before any byte costs nothing; a blank answer was worked for.

        So may be one that was given up, or broke off, after its request had gone out.
        """
        if event.usage is not None:
            return event.usage
        waited = isinstance(error, TimedOut | Cut) and getattr(event, "is_sent", False)
        worked = event.text or event.reasoning or isinstance(error, Blank) or waited
        return self._estimate(call, event) if worked else None

    def _estimate(self, call: CallOpened, event: CallDone | CallFailed) -> Usage:
        received = bytes_of(event.text) + bytes_of(event.reasoning)
        return self._desk.estimate(self._state, call, received)

    def _retry_at(
        self, call: CallOpened, error: CallError, lesson: Lesson | None, *, now: int
    ) -> int | None:
        """When the same model is asked again; None: the next fallback's turn."""
        if lesson is not None:
            return now if now < self._until() else None
        draft = self._state.drafts[call.key]
        if not error.retryable or draft.asked >= draft.slot.retries:
            return None
        if isinstance(error, Paused) and self._desk.has_stand_in(draft):
            return None
        seconds = error.after
        if seconds is None:
            seconds = self._backoff(call, draft.asked)
        until = self._until()
        # A wait that outlasts the layer is no retry: another model may still make it.
        if not math.isfinite(seconds) or now + seconds * 1000 >= until:
            return None
        return now + max(0, math.ceil(seconds * 1000))

    def _backoff(self, call: CallOpened, asked: int) -> float:
        """Seconds: doubled each time, and spread so that slots do not return together."""
        longest: float = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0**asked)
        return longest * chance(self._seed, call.key, asked, "backoff").uniform(0.5, 1)

    def _until(self) -> int:
        due = self._state.layers[-1].due_at
        deadline = deadline_of(self._state)
        return due if deadline is None else min(due, deadline)
