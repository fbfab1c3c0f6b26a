"""What a gate says to the other workers, and what it hears: the scripts in Redis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

import orjson
import redis.asyncio
from redis.commands.core import AsyncScript

from playground.engine.providers.limits import Limits

LEASE_SECONDS = 10.0
# Who holds places renews them so often; who waits asks every second.
RENEW_SECONDS = 2.5
KEEP_SECONDS = 86_400
# After Redis lost its memory: within this time every worker has said what it holds.
SETTLE_SECONDS = RENEW_SECONDS + 0.5
PAUSES_KEY = "moa:pauses"
PAUSE_CHANNEL = "moa:pause"
TURN_CHANNEL = "moa:turn:"


@dataclass(frozen=True, slots=True)
class Gone:
    """A call that wants its place no more.

    `refund` are the tokens that it asked for and did not use; `unused`: it was never made.
    """

    token: str
    refund: int
    unused: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """What one worker says of one provider.

    `known`: it spoke of this provider before, so Redis should remember. `spent` are the
    calls, and their tokens, that it admitted by itself. `full`: `held` and `wants` are all
    that there are; else they are what is new.
    """

    limits: Limits
    full: bool
    known: bool
    spent: tuple[int, int]
    gone: Sequence[Gone]
    held: Sequence[str]
    wants: Sequence[str]


@dataclass(frozen=True, slots=True)
class Said:
    """What came back: tokens that have a place, and after how many seconds to ask again."""

    granted: Sequence[str]
    wait: float


class Wire:
    """Redis, as the gates of one worker use it. Raises RedisError and OSError."""

    def __init__(self, client: redis.asyncio.Redis, *, worker: str) -> None:
        self.worker = worker
        self.client = client
        # How many workers were seen last; whoever sees them says so.
        self.workers = 1

    @cached_property
    def _turn(self) -> AsyncScript:
        return self.client.register_script(_script("turn.lua"))

    @cached_property
    def _pause(self) -> AsyncScript:
        return self.client.register_script(_script("pause.lua"))

    async def ask(self, slug: str, ask: Ask) -> Said:
        """Say what changed at a provider, and hear whose turn it is."""
        parts = ("places", "queue", "ring", "alive", "pace")
        keys = [*(f"moa:turns:{slug}:{part}" for part in parts), PAUSES_KEY]
        told = orjson.dumps(self._told(slug, ask))
        granted, wait = await self._turn(keys=keys, args=[told])
        return Said([token.decode() for token in granted], wait / 1000)

    def _told(self, slug: str, ask: Ask) -> dict[str, Any]:
        return {
            "slug": slug,
            "worker": self.worker,
            "channel": TURN_CHANNEL,
            "lease": LEASE_SECONDS * 1000,
            "keep": KEEP_SECONDS * 1000,
            "settle": SETTLE_SECONDS * 1000,
            "parallel": ask.limits.parallel or 0,
            "requests": ask.limits.requests or 0,
            "tokens": ask.limits.tokens or 0,
            "known": ask.known,
            "full": ask.full,
            "spent": ask.spent,
            "gone": [[each.token, each.unused, each.refund] for each in ask.gone],
            "held": ask.held,
            "wants": ask.wants,
        }

    async def pause(self, slug: str, seconds: float) -> None:
        """Tell all workers that this provider asks for patience."""
        ms = round(seconds * 1000)
        await self._pause(keys=[PAUSES_KEY], args=[slug, ms, PAUSE_CHANNEL])

    async def pauses(self) -> dict[str, float]:
        """By provider, the seconds for which it still asks for patience."""
        seconds, micros = await self.client.time()
        now = seconds * 1000 + micros / 1000
        kept: Any = await self.client.hgetall(PAUSES_KEY)
        rests = {
            slug.decode(): (float(till) - now) / 1000 for slug, till in kept.items()
        }
        return {slug: rest for slug, rest in rests.items() if rest > 0}


def _script(name: str) -> str:
    return files(__package__).joinpath(name).read_text()
