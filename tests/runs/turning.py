"""Workers that do nothing but take turns at a provider, and what is seen of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from playground.engine.providers.wire import Endpoint
from playground.runs.execution.chores import steadily
from playground.runs.execution.turns.gates import Gates


def provider(
    *,
    parallel: int | None = None,
    rate: int | None = None,
    tokens: int | None = None,
    slug: str = "stub",
) -> Endpoint:
    return Endpoint(
        slug,
        "http://x/v1",
        max_parallel=parallel,
        requests_per_minute=rate,
        tokens_per_minute=tokens,
    )


def client(url: str) -> redis.asyncio.Redis:
    return redis.asyncio.Redis.from_url(url, retry=Retry(NoBackoff(), 1))


@asynccontextmanager
async def workers(url: str, *names: str) -> AsyncIterator[list[Gates]]:
    """The gates of some workers, all of them with open ears."""
    gates = [Gates(client(url), worker=name) for name in names]
    ears = [asyncio.create_task(steadily(each.listen)) for each in gates]
    for each in gates:
        each.count(len(gates))
    await asyncio.sleep(0.05)
    try:
        yield gates
    finally:
        for ear in ears:
            ear.cancel()
        await asyncio.gather(*ears, return_exceptions=True)
        for each in gates:
            await each.close()


@dataclass
class Watch:
    """Who went in, in order and when, and how many were in at most."""

    order: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    inside: int = 0
    most: int = 0

    async def call(
        self,
        gates: Gates,
        endpoint: Endpoint,
        run: str,
        *,
        seconds: float = 0.0,
        weight: int = 0,
        used: int | None = None,
        patience: float = 60.0,
    ) -> None:
        turn = gates.turn(endpoint, run=run, weight=weight, patience=patience)
        async with turn:
            await turn.come()
            self.order.append(run)
            self.times.append(time.monotonic())
            self.inside += 1
            self.most = max(self.most, self.inside)
            try:
                await asyncio.sleep(seconds)
            finally:
                self.inside -= 1
            if used is not None:
                turn.used(used)
