"""One reader a process of all watched feeds, and the fan-out to whoever watches.

A watcher gets what the stream holds after `since`, then what the reader brings. Its
queue is bounded: one that falls behind loses its place in the queue and not a single
entry, because it reads on from the stream itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import redis.asyncio
from asgiref.sync import sync_to_async
from django.utils import timezone
from redis.exceptions import RedisError

from playground.db.outages import read_again
from playground.db.redis import redis_on_loop
from playground.runs.feed import (
    START,
    Entry,
    closing_entry,
    feed_key,
    position,
    read_copy,
    unpack,
)
from playground.runs.models import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)
QUEUE_ENTRIES = 512
BLOCK_MS = 1_000
READ_COUNT = 500
GATHER_SECONDS = 0.004
LAST_WORDS_SECONDS = 6.0
# A worker tries for five minutes to say how a run ended; then nobody will any more.
LAST_WORDS_COME_WITHIN = timedelta(minutes=6)
SILENCE_SECONDS = 10.0
_ENDS = (
    *("status", "reason", "degraded", "message", "answer_key", "epoch"),
    *("started_at", "ended_at", "feed_copy", "feed_last"),
)


class Watcher:
    """One subscriber's bounded queue."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Entry] = asyncio.Queue(QUEUE_ENTRIES)
        self.behind = False

    def put(self, entry: Entry) -> None:
        """Hand an entry over, or note that the watcher must read on by itself."""
        if self.behind:
            return
        try:
            self.queue.put_nowait(entry)
        except asyncio.QueueFull:
            self.behind = True


class Hub:
    """The feeds that one event loop watches."""

    def __init__(self) -> None:
        self._redis: redis.asyncio.Redis = redis_on_loop()
        self._wake_key = f"moa:hub:{uuid4().hex}"
        self._wake_last = START
        self._watchers: dict[bytes, set[Watcher]] = {}
        self._places: dict[bytes, str] = {}
        self._reader: asyncio.Task[None] | None = None
        self._is_deaf = False

    async def watch(self, run: Run, since: str = START) -> AsyncIterator[Entry]:
        """Every entry after `since`, in order, without holes, up to and with the end.

        Of a run that is over the copy in SQL is read. TimeoutError when it is over and
        its last words are still on their way: whoever comes back will hear them.
        """
        if not run.is_open:
            told, patience = await _unfed(run, since)
            for entry in told:
                yield entry
            if patience == 0:
                return
            since = told[-1].id if told else since
        key = feed_key(run.pk).encode()
        with self._watching(key) as watcher:
            # The reader's place first and the backlog after it: the other way round
            # what is said in between would reach nobody.
            await self._find_place(key)
            await self._nudge()
            async for entry in self._follow(run, key, since, watcher):
                yield entry
                if entry.kind == "end":
                    return

    async def close(self) -> None:
        """End the reader, and its connections."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])
        await self._redis.aclose()

    async def _follow(
        self, run: Run, key: bytes, since: str, watcher: Watcher
    ) -> AsyncIterator[Entry]:
        last = since
        backlog = await self._backlog(key, last)
        patience: float | None = None
        if not backlog:
            backlog, patience = await _unfed(run, last)
        while True:
            for entry in backlog:
                last = entry.id
                yield entry
            try:
                async with asyncio.timeout(
                    SILENCE_SECONDS if patience is None else patience
                ):
                    entry = await watcher.queue.get()
            except TimeoutError:
                if patience == 0:
                    return
                # The end may have been said where nobody could hear it.
                waited, (backlog, patience) = patience, await _unfed(run, last)
                if waited and patience:
                    raise TimeoutError("the run's last words have not come") from None
                continue
            backlog = [entry] if position(entry.id) > position(last) else []
            if watcher.behind and watcher.queue.empty():
                watcher.behind = False
                backlog += await self._backlog(key, backlog[-1].id if backlog else last)

    async def _backlog(self, key: bytes, since: str) -> list[Entry]:
        return unpack(await self._redis.xrange(key, min=f"({since}"))

    @contextmanager
    def _watching(self, key: bytes) -> Iterator[Watcher]:
        watcher = Watcher()
        self._watchers.setdefault(key, set()).add(watcher)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read())
        try:
            yield watcher
        finally:
            self._watchers[key].discard(watcher)
            if not self._watchers[key]:
                del self._watchers[key]
                self._places.pop(key, None)

    async def _nudge(self) -> None:
        """Make the blocking read return, so that a newly watched run is in the next."""
        await self._redis.xadd(self._wake_key, {"w": b"1"}, maxlen=16)
        await self._redis.expire(self._wake_key, 60)

    async def _read(self) -> None:
        """Read all watched streams for as long as there are any."""
        while self._watchers:
            try:
                streams = {**self._places, self._wake_key.encode(): self._wake_last}
                answer = await self._redis.xread(
                    streams,  # type: ignore[arg-type]
                    count=READ_COUNT,
                    block=BLOCK_MS,
                )
                self._is_deaf = False
                self._spread(answer or [])
            except (RedisError, OSError) as error:
                # Once: it is tried twice a second for as long as it takes.
                if not self._is_deaf:
                    log.warning("feeds cannot be read, trying again: %s", error)
                self._is_deaf = True
                await asyncio.sleep(0.5)
            except Exception:
                log.exception("an entry cannot be read, going on behind it")
            # Workers write once a tick; waiting a moment turns many reads into one.
            await asyncio.sleep(GATHER_SECONDS)

    async def _find_place(self, key: bytes) -> None:
        """Begin a newly watched stream at its top: the watcher reads what is before."""
        if key not in self._places:
            top = await self._redis.xrevrange(key, count=1)
            self._places.setdefault(key, unpack(top)[0].id if top else START)

    def _spread(self, answer: Any) -> None:
        for key, rows in answer:
            if key == self._wake_key.encode():
                self._wake_last = rows[-1][0].decode()
                continue
            if key in self._places:
                self._places[key] = rows[-1][0].decode()
            entries = unpack(rows)
            for watcher in tuple(self._watchers.get(key, ())):
                for entry in entries:
                    watcher.put(entry)


async def _unfed(run: Run, last: str) -> tuple[list[Entry], float | None]:
    """What SQL has of a run whose stream is silent, and how long to wait then.

    None while the run goes on, nothing when this is all; one that has ended without a
    copy in SQL may have its last words on their way.
    """
    await read_again(partial(run.refresh_from_db, fields=_ENDS))
    if run.is_open:
        return [], None
    if run.feed_copy is not None:
        return await sync_to_async(read_copy)(run, last), 0.0
    if run.ended_at is None or timezone.now() - run.ended_at < LAST_WORDS_COME_WITHIN:
        return [], LAST_WORDS_SECONDS
    return [closing_entry(run, last)], 0.0


_HUBS: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    for other in [other for other in _HUBS if other.is_closed()]:
        del _HUBS[other]
    if loop not in _HUBS:
        _HUBS[loop] = Hub()
    return _HUBS[loop]


async def close_hub() -> None:
    """End the running loop's hub, where the loop ends before its process does.

    Its reader first: it would open the connections again.
    """
    mine = _HUBS.pop(asyncio.get_running_loop(), None)
    if mine is not None:
        await mine.close()


def watched_ids() -> set[UUID]:
    """The runs that somebody watches through this process."""
    prefix = len(feed_key(""))
    return {
        UUID(key.decode()[prefix:])
        for a_hub in _HUBS.values()
        for key in a_hub._watchers  # noqa: SLF001 - the module's own class
    }
