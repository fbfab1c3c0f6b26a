"""Keeps a page company while its run's feed is silent.

Says every few seconds that the socket lives, which a browser cannot find out by itself,
and hands on the run's notice. Programs get neither: for them there is the feed alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import orjson

from playground.live.notices import Notice

LOOK_SECONDS = 1.0
QUIET_SECONDS = 2.0
PING_SECONDS = 10.0


class Company:
    """What one socket says beside the feed. Its frames have no id: they are no entries."""

    def __init__(self, send: Callable[[str], Awaitable[None]]) -> None:
        self._send = send
        self._heard_at = self._sent_at = time.monotonic()
        self._told = ""

    def heard(self) -> None:
        """An entry went out. It takes the notice off the page."""
        self._heard_at = self._sent_at = time.monotonic()
        self._told = ""

    async def keep(self, notice: Notice) -> None:
        """Look now and then. Runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if time.monotonic() - self._heard_at >= QUIET_SECONDS:
                await self._look(notice)

    async def _look(self, notice: Notice) -> None:
        heard_at = self._heard_at
        words = await notice.words()
        if heard_at != self._heard_at:
            return  # the feed went on while we asked: the words are old
        if words != self._told:
            self._told = words
            await self._say({"k": "notice", "words": words})
        elif time.monotonic() - self._sent_at >= PING_SECONDS:
            await self._say({"k": "ping"})

    async def _say(self, frame: dict[str, str]) -> None:
        self._sent_at = time.monotonic()
        await self._send(orjson.dumps(frame).decode())


@asynccontextmanager
async def company(
    send: Callable[[str], Awaitable[None]], notice: Notice | None
) -> AsyncIterator[Company]:
    """Company for as long as the block lasts; silent without a notice to hand on."""
    kept = Company(send)
    task = None if notice is None else asyncio.create_task(kept.keep(notice))
    try:
        yield kept
    finally:
        if task is not None:
            task.cancel()
