"""Listens to a run until it is over, whatever happens to the feed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import cast

from redis.exceptions import RedisError

from playground.db.outages import read_again
from playground.runs.feed import Entry
from playground.runs.hub import hub
from playground.runs.models import Run
from playground.runs.states import OPEN_STATUSES

log = logging.getLogger(__name__)
BEAT_SECONDS = 10.0


async def heard(
    run: Run, *, beat_seconds: float = BEAT_SECONDS
) -> AsyncGenerator[Entry | None, None]:
    """The run's feed from its start to its end; None every `beat_seconds`.

    Ends when the run is over. The database is asked at every beat, so a feed that is
    lost costs the listener its text and not the end.
    """
    pulse = _Pulse(beat_seconds)
    try:
        async with aclosing(_with_beats(run, pulse)) as told:
            async for entry in told:
                yield entry
                if entry is not None and entry.kind == "end":
                    return
    except (RedisError, OSError) as error:
        log.warning("a feed was lost, the database is asked instead: %s", error)
    while not await _is_over(run):
        await asyncio.sleep(min(1.0, beat_seconds))
        if pulse.is_due():
            yield None


async def _with_beats(run: Run, pulse: _Pulse) -> AsyncGenerator[Entry | None, None]:
    entries = cast("AsyncGenerator[Entry, None]", hub().watch(run))
    pending = asyncio.ensure_future(_next(entries))
    try:
        while True:
            await asyncio.wait({pending}, timeout=pulse.left())
            if pulse.is_due():
                yield None
                if not pending.done() and await _is_over(run):
                    return
            if not pending.done():
                continue
            entry = pending.result()
            if entry is None:
                return
            yield entry
            pending = asyncio.ensure_future(_next(entries))
    finally:
        await _put_away(pending, entries)


class _Pulse:
    """A clock that is due every so many seconds, however busy the feed is."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._clock = asyncio.get_running_loop().time
        self._next = self._clock() + seconds

    def left(self) -> float:
        return max(0.0, self._next - self._clock())

    def is_due(self) -> bool:
        if self._clock() < self._next:
            return False
        self._next = self._clock() + self._seconds
        return True


async def _next(entries: AsyncIterator[Entry]) -> Entry | None:
    return await anext(entries, None)


async def _put_away(
    pending: asyncio.Future[Entry | None], entries: AsyncGenerator[Entry, None]
) -> None:
    if not pending.done():
        pending.cancel()
        with suppress(asyncio.CancelledError):
            await pending
    await entries.aclose()


async def _is_over(run: Run) -> bool:
    going = Run.objects.filter(pk=run.pk, status__in=OPEN_STATUSES)
    return not await read_again(going.exists)
