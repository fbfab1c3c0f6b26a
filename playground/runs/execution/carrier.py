"""Carries one run from its claim to its end, or to where somebody else took it."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import redis.asyncio
from django.db import close_old_connections

from playground.engine.errors import Fenced
from playground.engine.events import Cancel, Event, Resume, Start
from playground.engine.machine import Machine
from playground.engine.runner import drive
from playground.runs.execution.calls import Caller
from playground.runs.execution.ending import given_up
from playground.runs.execution.lease import Claim
from playground.runs.execution.store import SqlStore
from playground.runs.execution.telling import opening
from playground.runs.execution.voice import Mouth, RunVoice
from playground.runs.execution.writer import Writer
from playground.runs.feed import (
    KEEP_AFTER_END_SECONDS,
    Entry,
    feed_key,
    keep_copy,
    shown_texts,
    unpack,
)
from playground.runs.models import Call, CallStatus, Draft, Run
from playground.runs.planning import machine_of

log = logging.getLogger(__name__)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Tools:
    """What all runs of a process share."""

    writer: Writer
    readers: ThreadPoolExecutor
    mouth: Mouth
    caller: Caller
    redis: redis.asyncio.Redis


class RunClock:
    """Milliseconds since the run's start, by the database's clock and then our own."""

    def __init__(self, now_ms: int) -> None:
        self._zero = time.monotonic() - now_ms / 1000

    def now(self) -> int:
        """Whole milliseconds since the run's start."""
        return int((time.monotonic() - self._zero) * 1000)


class Carrier:
    """One claimed run in this process."""

    def __init__(self, claim: Claim, tools: Tools) -> None:
        self.run = claim.run
        self.epoch = claim.epoch
        self.inbox: asyncio.Queue[Event] = asyncio.Queue()
        self._claim = claim
        self._tools = tools
        self._clock = RunClock(claim.now_ms)
        self.voice: RunVoice = tools.mouth.voice(
            claim.run.pk, epoch=claim.epoch, now=self._clock.now
        )
        self._store = SqlStore(
            claim.run,
            epoch=claim.epoch,
            writer=tools.writer,
            last_words=self.voice.last_words,
        )

    def ask_to_cancel(self) -> None:
        """A person wants the run to stop."""
        self.inbox.put_nowait(Cancel(self._clock.now()))

    async def carry(self) -> None:
        """Drive the run until it ends. Fenced: somebody else has it; say nothing more."""
        try:
            machine, lost = await self._prepare()
            await self._open_epoch(lost)
            received = await self._keep_lost_texts(lost)
            machine.learn(received)
            if self._claim.given_up:
                await self._give_up(machine)
            else:
                await self._drive(machine, self._first_event(received))
            await self._keep_feed()
        except Fenced:
            log.info("run %s went on elsewhere", self.run.pk)
        finally:
            self._tools.mouth.forget(self.voice)

    async def _drive(self, machine: Machine, start: Event) -> None:
        if self.run.cancel_requested_at is not None:
            self.ask_to_cancel()
        await drive(
            machine,
            start=start,
            store=self._store,
            voice=self.voice,
            calls=self._tools.caller.of(self.run),
            clock=self._clock,
            inbox=self.inbox,
        )

    async def _prepare(self) -> tuple[Machine, dict[int, str]]:
        machine = machine_of(self.run, note_hash=self._store.hashes.__setitem__)
        machine.replay(await self._read(self._store.load))
        return machine, {n: str(key) for n, key in machine.open_calls.items()}

    async def _open_epoch(self, lost: dict[int, str]) -> None:
        """Fence the feed: after this entry no earlier epoch can write."""
        top = await self._tools.redis.xrevrange(feed_key(self.run.pk), count=1)
        after = unpack(top)[0].id if top else None
        self.voice.say(opening(epoch=self.epoch, after=after, lost=sorted(lost)))
        if not await self._tools.mouth.finish(self.voice):
            log.warning("run %s goes on without its feed", self.run.pk)

    def _first_event(self, received: dict[int, int]) -> Event:
        now = self._clock.now()
        if self.epoch == 1:
            return Start(now)
        return Resume(
            at=now, away_ms=self._claim.away_ms, epoch=self.epoch, received=received
        )

    async def _keep_lost_texts(self, lost: dict[int, str]) -> dict[int, int]:
        """Store what readers saw of each lost call; per call its length in bytes."""
        if not lost:
            return {}
        shown = shown_texts(await self._feed())
        checkpoints = await self._read(functools.partial(_checkpoints, self.run))
        texts: dict[int, str] = {}
        for n, key in lost.items():
            kept_n, kept = checkpoints.get(key, (None, ""))
            told = shown.get(key, {}).get(n, "")
            texts[n] = max(told, kept if kept_n == n else "", key=len)
        await self._tools.writer.run(
            functools.partial(_store_texts, self.run, self.epoch, texts)
        )
        return {n: len(text.encode()) for n, text in texts.items()}

    async def _give_up(self, machine: Machine) -> None:
        rows = given_up(
            machine, at=self._clock.now(), recoveries=self.run.recoveries - 1
        )
        await self._store.commit(rows)
        self.voice.rows(rows)

    async def _feed(self) -> list[Entry]:
        return unpack(await self._tools.redis.xrange(feed_key(self.run.pk)))

    async def _keep_feed(self) -> None:
        """Say the last word, keep a copy of the feed in SQL, let the stream expire."""
        if not await self._tools.mouth.finish(self.voice):
            return
        entries = await self._feed()
        job = functools.partial(keep_copy, self.run, entries)
        await self._tools.writer.run(job)
        await self._tools.redis.expire(feed_key(self.run.pk), KEEP_AFTER_END_SECONDS)

    async def _read(self, job: Callable[[], Result]) -> Result:
        loop = asyncio.get_running_loop()

        def fresh() -> Result:
            close_old_connections()
            return job()

        return await loop.run_in_executor(self._tools.readers, fresh)


def _checkpoints(run: Run) -> dict[str, tuple[int | None, str]]:
    rows = Draft.objects.filter(run=run).values_list("key", "text_call", "text")
    return {key: (n, text) for key, n, text in rows}


def _store_texts(run: Run, epoch: int, texts: dict[int, str]) -> None:
    if not Run.objects.filter(pk=run.pk, epoch=epoch).exists():
        raise Fenced
    for n, text in texts.items():
        Call.objects.filter(
            run=run, n=n, status__in=[CallStatus.SENT, CallStatus.STREAMING]
        ).update(text=text)
