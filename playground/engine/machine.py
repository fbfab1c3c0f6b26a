"""Decides which calls come next. Knows nothing of networks, clocks or databases.

What is heard, and what it means while a layer is open:

| event          | the call is open                      | else    |
|----------------|---------------------------------------|---------|
| CallDone       | usable: DraftDone, CallEnded(done)    | ignored |
|                | blank, or nothing but thoughts:       |         |
|                | CallEnded(failed), retryable          |         |
|                | a judge's reply that cannot be read:  |         |
|                | ReplyUnread, CallEnded(done)          |         |
| CallFailed     | CallEnded(failed, retry_at or None);  | ignored |
|                | NotTaken: at once, without it, once   |         |
| Start          | Started, once                         |         |
| Resume         | Resumed; open calls: CallEnded(lost)  |         |
| Cancel         | LayerClosed(cancel)                   |         |
| StopDraft      | StopAsked, if its draft has not ended |         |
| RetryDraft     | RetryAsked, whatever came of the draft|         |
| Tick           | only time: see below                  |         |

What follows, one row at a time, until nothing does (the first line that applies):

| state                                            | row                           |
|--------------------------------------------------|-------------------------------|
| a call of an earlier worker is open              | CallEnded(lost)               |
| no layer is open, the run can go on              | LayerOpened                   |
| open: a call that a person wants no more         | CallEnded(cancelled)          |
| open: a draft is given, or left out              | DraftGiven, DraftSkipped      |
| open: a draft is to be stopped                   | DraftStopped                  |
| open: every alias of a draft was asked in vain   | DraftFailed; DraftDone where  |
|       (or a judge replied twice and says nothing)|   there is a text             |
| open: the chain of a `window` does without a     | CallEnded(cancelled),         |
|       sample (quorum, grace_s over), or a        | DraftStopped,                 |
|       refinement has nothing to refine with      | DraftSkipped                  |
| open: a draft failed or is unread, on_fail abort | LayerClosed(abort)            |
| open: every draft has ended (a vote has none)    | LayerClosed(all)              |
| open: deadline_s is over                         | LayerClosed(deadline)         |
| open: quorum, and grace_s since, and nothing that| LayerClosed(quorum)           |
|       a person asked for is still to be written; |                               |
|       with a `window` only once its chains end   |                               |
| open: the vote of the next layer is decided      | LayerClosed(quorum)           |
| open: timeout_s is over                          | LayerClosed(timeout)          |
| open: a draft may be sent (place, backoff over)  | CallOpened, or DraftFailed    |
|                                                  | when the run's limits forbid  |
| closed: a call is open                           | CallEnded(cancelled, or failed|
|                                                  | after a timeout)              |
| closed: a draft has not ended                    | DraftStopped when it was being|
|                                                  | written, else DraftSkipped;   |
|                                                  | quorum: DraftStopped,         |
|                                                  | timeout: DraftFailed          |
| closed, the run cannot go on or need not         | DraftSkipped (or DraftGiven)  |
|                                                  | for what is left, RunEnded    |

A judge whose reply cannot be read is asked once more, by its slot's model or whoever
stands in; that is no retry. A second one ends its draft, which is done and unread.

StopDraft and RetryDraft are for drafts of the open layer that this run writes; others,
and a retry of what a refinement that has begun was to read, are ignored, and a wish that
is ignored leaves no row. A retried draft is sent first. One
that was done keeps its text for the layer, and wherever it would end as failed, stopped
or skipped, its earlier DraftDone is written again: a retry in vain loses nothing.

Rows are decided from the state that the rows before them left, so a journal that was
cut at any row goes on in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

from playground.engine.branches import NO_BRANCH, Branch
from playground.engine.ceilings import Cards
from playground.engine.closings import close_layer
from playground.engine.demand import plan_ceiling, plan_demand
from playground.engine.desk import Desk, Learned
from playground.engine.events import (
    CallDone,
    CallEnded,
    CallFailed,
    CallOpened,
    Cancel,
    CloseCall,
    Command,
    Event,
    Heard,
    Resume,
    Resumed,
    RetryDraft,
    Row,
    RunEnded,
    SendCall,
    Start,
    Started,
    Step,
    StopDraft,
    Tick,
)
from playground.engine.messages import Message
from playground.engine.outcomes import Outcomes
from playground.engine.purse import Pool
from playground.engine.rules import (
    next_row,
    retry_asked,
    stop_asked,
    timers,
)
from playground.engine.sending import to_send
from playground.engine.shapes import AnswerOverrides, Plan
from playground.engine.state import RunState
from playground.engine.unwritten import unbegun

__all__ = ["Machine", "Pool", "plan_ceiling", "plan_demand"]


class Machine:
    """One run. `replay` what was journalled, then `handle` what happens.

    The rows of a step are to be committed before its commands are performed.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        cards: Cards,
        messages: Sequence[Message],
        variables: Mapping[str, object],
        seed: int,
        overrides: AnswerOverrides | None = None,
        branch: Branch = NO_BRANCH,
        learned: Learned = lambda _alias: (),
        pools: Iterable[Pool] = (),
    ) -> None:
        self._state = RunState(plan, branch)
        self._cards = dict(cards)
        self._desk = Desk(
            plan,
            cards=self._cards,
            messages=messages,
            variables=variables,
            seed=seed,
            overrides=overrides,
            branch=branch,
            learned=learned,
            pools=pools,
        )
        self._outcomes = Outcomes(self._state, self._desk, seed)
        self._now = 0
        self._heard = Heard()

    @property
    def ended(self) -> RunEnded | None:
        """The last row, once the run is over."""
        return self._state.ended

    @property
    def open_calls(self) -> Mapping[int, str]:
        """The drafts that are being written, by call."""
        return {n: call.key for n, call in self._state.calls.items()}

    @property
    def due_at(self) -> int | None:
        """When the driver must send `Tick` if nothing happens before."""
        coming = [time for time in timers(self._state) if time > self._now]
        return min(coming, default=None)

    def replay(self, rows: Iterable[Row]) -> None:
        """Take the journal in. Decides nothing, orders nothing."""
        for row in rows:
            self._state.apply(row)
        self._now = max(self._now, self._state.now)

    def sent(self, n: int) -> SendCall:
        """What an open call was ordered as; KeyError when it is not open."""
        return self._desk.order(self._state, self._state.calls[n])

    def learn(self, heard: Heard) -> None:
        """What open calls have written so far.

        It makes the estimate of a call that the machine closes an honest one.
        """
        self._heard.update(heard)

    def know(self, cards: Cards) -> None:
        """Model cards that were frozen later, for retries with another model."""
        self._cards.update(cards)

    def handle(self, event: Event) -> Step:
        """What follows from an event."""
        self._now = max(self._now, event.at)
        heard = event.n if isinstance(event, CallDone | CallFailed) else None
        rows: list[Row] = []
        commands: list[Command] = []
        for row in self._follow(event):
            rows.append(row)
            commands += self._ordered(row, heard)
        return Step(tuple(rows), tuple(commands))

    def _follow(self, event: Event) -> Iterable[Row]:
        """Each row is applied before the next is decided."""
        if self.ended is None:
            yield from self._hear(event)
            yield from self._decide()

    def _hear(self, event: Event) -> Iterable[Row]:
        match event:
            case Start():
                yield from self._start(event.at)
            case Resume():
                yield from self._start(event.at)
                yield self._took(Resumed(self._now, event.away_ms, event.epoch))
            case CallDone() | CallFailed():
                for row in self._outcomes.of(event, now=self._now):
                    yield self._took(row)
            case Cancel():
                yield from self._cancel()
            case StopDraft() | RetryDraft():
                yield from self._ask(event)
            case Tick():
                pass
            case _:
                assert_never(event)

    def _start(self, at: int) -> Iterable[Row]:
        if not self._state.started:
            yield self._took(Started(at))

    def _ask(self, event: StopDraft | RetryDraft) -> Iterable[Row]:
        """A wish that comes too late leaves no row."""
        state = self._state
        row: Row | None
        if isinstance(event, StopDraft):
            row = stop_asked(state, event.key, at=self._now)
        elif event.alias is None or event.alias in self._cards:
            row = retry_asked(state, event.key, event.alias, at=self._now)
        else:
            row = None
        if row is not None:
            yield self._took(row)

    def _cancel(self) -> Iterable[Row]:
        """Close the open layer. Between two layers, the next is opened only for that."""
        state = self._state
        while state.current is not None and state.current.closed and not state.ended:
            yield from self._decide_once()
        if state.current is None:
            first = next(iter(state.drafts.values()))
            yield self._took(unbegun(first))
        elif not state.ended:
            yield self._took(close_layer(state, state.current, "cancel", now=self._now))

    def _decide(self) -> Iterable[Row]:
        while rows := tuple(self._decide_once()) or tuple(self._send()):
            yield from rows

    def _decide_once(self) -> Iterable[Row]:
        row = next_row(self._state, self._desk, now=self._now, heard=self._heard)
        if row is not None:
            yield self._took(row)

    def _send(self) -> Iterable[Row]:
        for row in to_send(self._state, self._desk, now=self._now):
            yield self._took(row)

    def _took(self, row: Row) -> Row:
        self._state.apply(row)
        return row

    def _ordered(self, row: Row, heard: int | None) -> list[Command]:
        if isinstance(row, CallOpened):
            return [self._desk.order(self._state, row)]
        if isinstance(row, CallEnded) and row.n != heard and row.status != "lost":
            return [CloseCall(row.n)]
        return []
