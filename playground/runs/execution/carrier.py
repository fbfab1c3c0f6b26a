"""Carries one run from its claim to its end, or to where somebody else took it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import redis.asyncio
from django.db import close_old_connections
from redis.exceptions import RedisError

from playground.db.outages import OUTAGES, asked_again
from playground.engine.errors import Fenced
from playground.engine.events import Cancel, Event, Resume, Start
from playground.engine.machine import Machine
from playground.engine.runner import drive
from playground.runs.execution.breakage import broken, end_barely, end_plainly
from playground.runs.execution.calls import Caller
from playground.runs.execution.ending import given_up
from playground.runs.execution.lease import Claim
from playground.runs.execution.requests import Asked, open_requests
from playground.runs.execution.shown import Shown, keep_open_calls, shown_of
from playground.runs.execution.store import SqlStore
from playground.runs.execution.telling import opening
from playground.runs.execution.voice import Mouth, RunVoice
from playground.runs.execution.writer import Writer
from playground.runs.feed import (
    KEEP_AFTER_END_SECONDS,
    Entry,
    feed_key,
    keep_copy,
    unpack,
)
from playground.runs.models import Run
from playground.runs.planning import cards_of, machine_of

log = logging.getLogger(__name__)
Result = TypeVar("Result")
REDIS_PATIENCE_SECONDS = 20.0
LAST_WORD_PATIENCE_SECONDS = 300.0


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
        self._ends_now = claim.given_up or claim.run.cancel_requested_at is not None
        self._tools = tools
        self._machine: Machine | None = None
        self._handed_in: set[int] = set()
        self._is_open = False
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
        self._ends_now = True
        self.inbox.put_nowait(Cancel(self._clock.now()))

    def ask(self, wishes: Iterable[Asked]) -> None:
        """People want something of single drafts. Each wish is handed in once.

        Before the run is driven this does nothing: it then reads them itself.
        """
        for wish in wishes:
            if self._machine is None or wish.request in self._handed_in:
                continue
            self._handed_in.add(wish.request)
            self.run.cards.update(wish.cards)
            self._machine.know(cards_of(self.run))
            self.inbox.put_nowait(wish.event(self._clock.now()))

    async def ask_anew(self) -> None:
        """There is a new wish: read it."""
        run_id = self.run.pk
        found = await self._read(partial(open_requests, [run_id]))
        self.ask(found.get(run_id, ()))

    async def carry(self) -> None:
        """Drive the run until it ends. Fenced: somebody else has it; say nothing more."""
        try:
            await self._to_its_end()
            await self._keep_feed()
        except Fenced:
            log.info("run %s went on elsewhere", self.run.pk)
        finally:
            self._tools.mouth.forget(self.voice)

    async def _to_its_end(self) -> None:
        """An outage is for the next worker to mend; what else breaks would break it, too."""
        try:
            machine = await self._prepare()
            await self._open_epoch(sorted(machine.open_calls))
            await self._keep_shown(machine)
            if self._claim.given_up:
                await self._give_up(machine)
            else:
                await self._drive(machine, self._first_event())
        except (Fenced, RedisError, OSError, *OUTAGES):
            raise
        except Exception as error:
            log.exception("run %s broke, and is ended", self.run.pk)
            await self._end_broken(error)

    async def _end_broken(self, error: Exception) -> None:
        self._ends_now = True
        if not self._is_open:
            await self._open_epoch([])
        ended = broken(error, at=self._clock.now())
        end = partial(end_plainly, last_words=self.voice.last_words)
        try:
            rows = await self._write(partial(end, self.run, ended, epoch=self.epoch))
        except (Fenced, *OUTAGES):
            raise
        except Exception:
            log.exception("run %s is ended without its drafts", self.run.pk)
            rows = await self._write(
                partial(end_barely, self.run, ended, epoch=self.epoch)
            )
        self.voice.rows(rows)

    async def _drive(self, machine: Machine, start: Event) -> None:
        self._machine = machine
        await self.ask_anew()
        await drive(
            machine,
            start=start,
            store=self._store,
            voice=self.voice,
            calls=self._tools.caller.of(self.run),
            clock=self._clock,
            inbox=self.inbox,
        )

    async def _prepare(self) -> Machine:
        return await self._read(self._replayed)

    def _replayed(self) -> Machine:
        self._tools.caller.lessons.read(self.run)
        machine = machine_of(
            self.run,
            note_hash=self._store.hashes.__setitem__,
            note_request=self._store.requests.add,
            learned=self._tools.caller.lessons.of(self.run),
        )
        machine.replay(self._store.load())
        return machine

    async def _open_epoch(self, open_calls: list[int]) -> None:
        """Fence the feed: after this entry no earlier epoch can write."""
        self._is_open = True
        top = await self._top()
        after = unpack(top)[0].id if top else None
        lost = () if self._ends_now else open_calls
        self.voice.say(opening(epoch=self.epoch, after=after, lost=lost))
        if top is None or not await self._tools.mouth.finish(self.voice):
            log.warning("run %s goes on without its feed", self.run.pk)

    async def _top(self) -> Any:
        """The feed's last entry. While Redis is away we wait, and hold the run.

        To go on without it would lose what only the feed holds; to fail would count as
        a recovery. In the end, or when somebody wants the run to stop, we go on.
        """
        deadline = time.monotonic() + REDIS_PATIENCE_SECONDS
        while True:
            try:
                return await self._tools.redis.xrevrange(feed_key(self.run.pk), count=1)
            except (RedisError, OSError):
                if time.monotonic() > deadline or self._ends_now:
                    return None
                await asyncio.sleep(0.5)

    def _first_event(self) -> Event:
        """A run that is to stop makes no call any more, whoever takes it."""
        now = self._clock.now()
        if self._ends_now:
            return Cancel(now)
        if self.epoch == 1:
            return Start(now)
        return Resume(at=now, away_ms=self._claim.away_ms, epoch=self.epoch)

    async def _keep_shown(self, machine: Machine) -> None:
        """Keep what readers saw of what the worker before us was writing."""
        if self.epoch == 1:
            return
        job = partial(
            shown_of,
            self.run,
            epoch=self.epoch,
            open_calls=machine.open_calls,
            feed=await self._feed(),
        )
        shown = await self._read(job)
        self.voice.recall(shown.texts)
        machine.learn(shown.heard)
        await self._write(partial(_keep_calls, self.run, self.epoch, shown))

    async def _give_up(self, machine: Machine) -> None:
        rows = given_up(
            machine, at=self._clock.now(), recoveries=self.run.recoveries - 1
        )
        await self._store.commit(rows)
        self.voice.rows(rows)

    async def _feed(self) -> list[Entry]:
        """What earlier epochs and we said; nothing when Redis does not answer."""
        try:
            return unpack(await self._tools.redis.xrange(feed_key(self.run.pk)))
        except (RedisError, OSError) as error:
            log.warning("the feed of run %s cannot be read: %s", self.run.pk, error)
            return []

    async def _keep_feed(self) -> None:
        """Say the last word, keep a copy of the feed in SQL, let the stream expire."""
        said = await self._tools.mouth.finish(
            self.voice, patience=LAST_WORD_PATIENCE_SECONDS
        )
        entries = await self._feed()
        if not said:
            # Nobody will say them any more: the copy has them.
            entries += [Entry(*waiting) for waiting in self.voice.waiting]
        if not entries:
            return
        await self._write(partial(keep_copy, self.run, entries))
        with contextlib.suppress(RedisError, OSError):
            await self._tools.redis.expire(
                feed_key(self.run.pk), KEEP_AFTER_END_SECONDS
            )

    async def _write(self, job: Callable[[], Result]) -> Result:
        """Write what may be written twice."""
        async for attempt in asked_again():
            with attempt:
                return await self._tools.writer.run(job)
        raise AssertionError  # the last attempt raises

    async def _read(self, job: Callable[[], Result]) -> Result:
        loop = asyncio.get_running_loop()

        def fresh() -> Result:
            close_old_connections()
            return job()

        async for attempt in asked_again():
            with attempt:
                return await loop.run_in_executor(self._tools.readers, fresh)
        raise AssertionError  # the last attempt raises


def _keep_calls(run: Run, epoch: int, shown: Shown) -> None:
    if not Run.objects.filter(pk=run.pk, epoch=epoch).exists():
        raise Fenced
    keep_open_calls(run, shown)
