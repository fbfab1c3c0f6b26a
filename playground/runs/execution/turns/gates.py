"""The gates of a worker: one a provider, and one ear for what other workers say."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import redis.asyncio
from redis.exceptions import RedisError

from playground.engine.providers.limits import Limits
from playground.engine.providers.wire import Endpoint
from playground.runs.execution.turns.gate import Gate
from playground.runs.execution.turns.pauses import Pauses
from playground.runs.execution.turns.turn import Turn
from playground.runs.execution.turns.wire import PAUSE_CHANNEL, TURN_CHANNEL, Wire


class Gates:
    """Turns at providers, by the limits of each. Belongs to the running loop."""

    def __init__(self, client: redis.asyncio.Redis, *, worker: str) -> None:
        self._wire = Wire(client, worker=worker)
        self._pauses = Pauses(self._wire)
        self._gates: dict[str, Gate] = {}

    def turn(
        self, endpoint: Endpoint, *, run: str, weight: int = 0, patience: float
    ) -> Turn:
        """A call's turn at the provider, to be entered.

        `run` is what turns are given to one after the other; `weight` are the tokens that
        the call may use, `patience` the seconds that it has once it is sent.
        """
        gate = self._gates.get(endpoint.slug)
        if gate is None:
            gate = Gate(endpoint.slug, self._wire, self._pauses)
            self._gates[endpoint.slug] = gate
        gate.limits = Limits.of(endpoint)
        return Turn(gate, run=run, weight=weight, patience=patience)

    def count(self, workers: int) -> None:
        """So many workers live: while Redis is away, each admits one part in so many."""
        self._wire.workers = max(workers, 1)

    async def listen(self) -> None:
        """Hear what other workers say. Never returns; raises when Redis goes away."""
        subscription = self._wire.client.pubsub()
        async with subscription:
            own = TURN_CHANNEL + self._wire.worker
            await subscription.subscribe(own, PAUSE_CHANNEL)
            for slug, seconds in (await self._wire.pauses()).items():
                self._paused(slug, seconds)
            async for message in subscription.listen():
                if message["type"] == "message":
                    self._hear(message["channel"].decode(), message["data"].decode())

    async def close(self) -> None:
        """Give every place back, and close the connections."""
        self._pauses.close()
        await asyncio.gather(*(gate.close() for gate in self._gates.values()))
        with suppress(RedisError, OSError):
            await self._wire.client.aclose()

    def _hear(self, channel: str, words: str) -> None:
        slug, *told = words.split(" ")
        if channel == PAUSE_CHANNEL:
            self._paused(slug, float(told[0]) / 1000)
        elif slug in self._gates:
            for token in told:
                self._gates[slug].granted(token)

    def _paused(self, slug: str, seconds: float) -> None:
        self._pauses.heard(slug, seconds)
        if slug in self._gates:
            self._gates[slug].heed_pause()
