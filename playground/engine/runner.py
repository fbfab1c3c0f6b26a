"""Drives a machine: performs its calls, keeps its timers, commits before it speaks.

Leaves every decision to the machine, and SQL, feed and sockets to its arguments.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Protocol, cast

from playground.engine.errors import CallError, Cut, TimedOut
from playground.engine.events import (
    CallDone,
    CallFailed,
    CloseCall,
    Command,
    Event,
    Heard,
    Row,
    SendCall,
    Tick,
)
from playground.engine.machine import Machine
from playground.engine.providers.wire import Finished, Piece, Sent, Waits
from playground.engine.tokens import bytes_of

log = logging.getLogger(__name__)

Parts = Waits | Sent | Piece | Finished
Calls = Callable[[SendCall], AsyncIterator[Parts]]


class Store(Protocol):
    """Where rows become durable."""

    async def commit(self, rows: Sequence[Row]) -> None:
        """Write the rows, or raise `Fenced` when another worker has the run."""


class Voice(Protocol):
    """What readers hear. Never blocks."""

    def delta(self, key: str, n: int, offset: int, text: str, /) -> None:
        """More text of a call; `offset` in UTF-16 units from the call's start."""

    def reasoning(self, key: str, n: int, chars: int, /) -> None:
        """How many characters a call has thought so far."""

    def waits(self, key: str, n: int, why: str, /) -> None:
        """A call is not sent yet, and why; without a reason: now it is."""

    def rows(self, rows: list[Row], /) -> None:
        """What has just been committed."""


class Clock(Protocol):
    """The run's time."""

    def now(self) -> int:
        """Whole milliseconds since the run's start."""


async def drive(
    machine: Machine,
    *,
    start: Event,
    store: Store,
    voice: Voice,
    calls: Calls,
    clock: Clock,
    inbox: asyncio.Queue[Event],
) -> None:
    """Run the machine until it has ended.

    Raises what `store.commit` raises. However it ends, no call is open afterwards.
    """
    driver = _Driver(machine, store, voice, calls, clock, inbox)
    try:
        await driver.take(start)
        while machine.ended is None:
            await driver.take(await driver.next_event())
    finally:
        await driver.close()


@dataclass(slots=True)
class _Hearing:
    """What one call has said so far."""

    call: SendCall
    sent_at: int
    text: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    offset: int = 0
    thought: int = 0
    received: int = 0
    waits: str = ""
    is_sent: bool = False
    first_token_ms: int | None = None


@dataclass(slots=True)
class _Driver:
    machine: Machine
    store: Store
    voice: Voice
    calls: Calls
    clock: Clock
    inbox: asyncio.Queue[Event]
    hearings: dict[int, _Hearing] = field(default_factory=dict)
    carried: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def take(self, event: Event) -> None:
        """Commit what follows from an event, then say it, then do it."""
        self.machine.learn(self._heard())
        step = self.machine.handle(event)
        if isinstance(event, CallDone | CallFailed):
            self.hearings.pop(event.n, None)
            self.carried.pop(event.n, None)
        if step.rows:
            await self.store.commit(step.rows)
            self.voice.rows(list(step.rows))
        for command in step.commands:
            self._perform(command)

    def _heard(self) -> Heard:
        hearings = self.hearings.items()
        return Heard(
            {n: each.received for n, each in hearings},
            {n: ms for n, each in hearings if (ms := each.first_token_ms) is not None},
            frozenset(n for n, each in hearings if not each.is_sent),
        )

    async def next_event(self) -> Event:
        """What comes first: a call's end, somebody's wish, or a timer."""
        due = self.machine.due_at
        if due is None:
            return await self.inbox.get()
        try:
            async with asyncio.timeout(max(0, due - self.clock.now()) / 1000):
                return await self.inbox.get()
        except TimeoutError:
            return Tick(max(due, self.clock.now()))

    async def close(self) -> None:
        """Close every connection and wait until it is closed."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def _perform(self, command: Command) -> None:
        if isinstance(command, CloseCall):
            del self.hearings[command.n]
            self.carried.pop(command.n).cancel()
            return
        hearing = self.hearings[command.n] = _Hearing(command, self.clock.now())
        task = asyncio.create_task(self._call(hearing))
        self.carried[command.n] = task
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _call(self, hearing: _Hearing) -> None:
        self.inbox.put_nowait(await self._outcome(hearing))

    async def _outcome(self, hearing: _Hearing) -> CallDone | CallFailed:
        try:
            return self._done(hearing, await self._listen(hearing))
        except CallError as error:
            return self._failed(hearing, error)
        except Exception as error:  # recorded: one broken call must not end the run
            log.exception("call %s of %s broke", hearing.call.n, hearing.call.key)
            kind = type(error).__name__
            fault = CallError(
                f"the call broke inside this program ({kind}): see its log"
            )
            return self._failed(hearing, fault)

    async def _listen(self, hearing: _Hearing) -> Finished:
        """Hear a call out, within its time. While it waits for its turn none of it passes."""
        limit = asyncio.timeout(None)
        try:
            async with limit:
                return await self._hear_out(hearing, limit)
        except TimeoutError:
            if not limit.expired():
                raise
            seconds = f"{hearing.call.timeout_s:g}"
            raise TimedOut(f"the call was not done within {seconds} s") from None

    async def _hear_out(self, hearing: _Hearing, limit: asyncio.Timeout) -> Finished:
        stream = self.calls(hearing.call)
        generator = cast("AsyncGenerator[Parts, None]", stream)
        async with aclosing(generator) as parts:
            async for part in parts:
                if isinstance(part, Finished):
                    return part
                if isinstance(part, Waits):
                    self._wait(hearing, part.why)
                    continue
                if not hearing.is_sent:
                    self._send(hearing, limit)
                if isinstance(part, Piece):
                    self._hear(hearing, part)
        raise Cut("the stream broke off before the provider said that it was done")

    def _wait(self, hearing: _Hearing, why: str) -> None:
        hearing.waits = why
        self.voice.waits(hearing.call.key, hearing.call.n, why)

    def _send(self, hearing: _Hearing, limit: asyncio.Timeout) -> None:
        """Its own time begins."""
        hearing.is_sent = True
        now = asyncio.get_running_loop().time()
        limit.reschedule(now + hearing.call.timeout_s)
        if hearing.waits:
            self._wait(hearing, "")

    def _hear(self, hearing: _Hearing, piece: Piece) -> None:
        call = hearing.call
        if hearing.first_token_ms is None and (piece.text or piece.reasoning):
            hearing.first_token_ms = self.clock.now() - hearing.sent_at
        if piece.reasoning:
            hearing.reasoning.append(piece.reasoning)
            hearing.thought += len(piece.reasoning)
            hearing.received += bytes_of(piece.reasoning)
            self.voice.reasoning(call.key, call.n, hearing.thought)
        if piece.text:
            hearing.text.append(piece.text)
            hearing.received += bytes_of(piece.text)
            self.voice.delta(call.key, call.n, hearing.offset, piece.text)
            hearing.offset += utf16_units(piece.text)

    def _done(self, hearing: _Hearing, finished: Finished) -> CallDone:
        return CallDone(
            n=hearing.call.n,
            at=self.clock.now(),
            text="".join(hearing.text),
            reasoning="".join(hearing.reasoning),
            usage=finished.usage,
            finish_reason=finished.finish_reason,
            first_token_ms=hearing.first_token_ms,
            odds=finished.odds,
        )

    def _failed(self, hearing: _Hearing, error: CallError) -> CallFailed:
        return CallFailed(
            n=hearing.call.n,
            at=self.clock.now(),
            error=error,
            text="".join(hearing.text),
            reasoning="".join(hearing.reasoning),
            usage=error.usage,
            first_token_ms=hearing.first_token_ms,
            is_sent=hearing.is_sent,
        )


def utf16_units(text: str) -> int:
    """The length that a browser counts: characters beyond U+FFFF are two units."""
    if text.isascii():
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)
