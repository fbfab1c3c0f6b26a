"""How many calls a provider gets at once and per minute, from this process.

One gate for each provider, in one loop. Both queues are first come, first served.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from playground.engine.providers.wire import Endpoint


class _Pace:
    """A token bucket: no window of 60 s, wherever it begins, holds more than the rate.

    A tenth of the rate may go at once, the rest flows in evenly.
    """

    def __init__(self, per_minute: int, now: float) -> None:
        self._most = max(per_minute // 10, 1)
        self._per_second = max(per_minute - self._most, 1) / 60
        self._tokens = float(self._most)
        self._at = now

    def wait(self, now: float) -> float:
        """Seconds until the next call may go; 0 when it may go now."""
        grown = self._tokens + (now - self._at) * self._per_second
        self._tokens, self._at = min(grown, self._most), now
        # Sums of floats fall a hair short of one, and no clock shows so short a wait.
        if self._tokens > 1 - 1e-6:
            return 0.0
        return (1 - self._tokens) / self._per_second

    def take(self) -> None:
        self._tokens -= 1


class Gate:
    """Admits calls to one provider within its limits."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        parallel, rate = endpoint.max_parallel, endpoint.requests_per_minute
        self._places = asyncio.Semaphore(parallel) if parallel else None
        self._pace = _Pace(rate, clock()) if rate else None
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def admit(self) -> AsyncIterator[None]:
        """Wait for a place and for the pace; the place is given back at the end.

        A call cancelled while it waits has used nothing up.
        """
        async with AsyncExitStack() as held:
            if self._places:
                await held.enter_async_context(self._places)
            if self._pace:
                await self._in_turn(self._pace)
            yield

    async def _in_turn(self, pace: _Pace) -> None:
        async with self._turn:
            while (wait := pace.wait(self._clock())) > 0:
                await self._sleep(wait)
            pace.take()


class Gates:
    """The gates of a process, by provider; changed limits make a new gate."""

    def __init__(self) -> None:
        self._gates: dict[str, tuple[tuple[int | None, int | None], Gate]] = {}

    def of(self, endpoint: Endpoint) -> Gate:
        """The provider's gate. Calls admitted under older limits end under those."""
        limits = (endpoint.max_parallel, endpoint.requests_per_minute)
        known = self._gates.get(endpoint.slug)
        if known is None or known[0] != limits:
            known = self._gates[endpoint.slug] = (limits, Gate(endpoint))
        return known[1]
