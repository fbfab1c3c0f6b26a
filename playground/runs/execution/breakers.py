"""The breakers of a worker: one a provider, and what the workers tell each other of them.

Closed, they cost no word with Redis: a pause is begun where the failures are seen, kept in
one hash that every worker reads each second, and taken from it when a call works again.
One worker's call at a time is the probe. While Redis is away each worker is on its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import orjson
import redis.asyncio
from django.utils import timezone
from redis.exceptions import RedisError

from playground.engine.errors import CallError, Paused
from playground.engine.providers.breaker import (
    PROBE_S,
    Breaker,
    Pause,
    speaks_of_provider,
)
from playground.engine.providers.wire import Endpoint, Finished, Piece
from playground.runs.queries import BREAKERS_KEY, PROBE_KEY

log = logging.getLogger(__name__)
SHARE_SECONDS = 1.0
# Redis must not hold up a call for longer.
PATIENCE_SECONDS = 1.0
# What nobody asked for since is no news any more.
KEEP_MS = 3_600_000


class Breakers:
    """All breakers of one worker. Belongs to the running loop."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._redis = client
        self._guards: dict[str, Guard] = {}
        self._is_heard = True
        self._tasks: set[asyncio.Task[None]] = set()

    def of(self, endpoint: Endpoint) -> Guard:
        """The provider's; a changed address or key begins afresh."""
        place = endpoint.base_url, endpoint.key
        guard = self._guards.get(endpoint.slug)
        if guard is None:
            guard = self._guards[endpoint.slug] = Guard(endpoint.slug, place, self)
        if guard.place != place:
            guard.place = place
            guard.worked()
        return guard

    async def share(self) -> None:
        """Take over what other workers found of the providers that are called here."""
        if not self._guards:
            return
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                told, now_ms = await self._read()
        except (RedisError, OSError) as error:
            if self._is_heard:
                log.warning("breakers are not shared for now: %s", error)
            self._is_heard = False
            return
        self._is_heard = True
        for slug, guard in self._guards.items():
            guard.hear(told.get(slug), now_ms=now_ms)

    async def _read(self) -> tuple[dict[str, Any], int]:
        """What is kept, by provider, and the time in Redis."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.hgetall(BREAKERS_KEY)
        pipe.time()
        kept, (seconds, microseconds) = await pipe.execute()
        now_ms = seconds * 1000 + microseconds // 1000
        told = {slug.decode(): orjson.loads(words) for slug, words in kept.items()}
        for slug in [each for each in told if told[each]["until"] < now_ms - KEEP_MS]:
            await self._redis.hdel(BREAKERS_KEY, slug)
        return told, now_ms

    async def claim(self, slug: str) -> bool:
        """Become the probe of all workers; alone, where Redis does not answer."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                claimed = await self._redis.set(
                    PROBE_KEY + slug, "1", nx=True, px=int(PROBE_S * 1000)
                )
        except (RedisError, OSError):
            return True
        return bool(claimed)

    def tell_pause(self, slug: str, pause: Pause, *, seconds: float) -> None:
        """Tell the others of a pause."""
        self._soon(self._begin(slug, pause, seconds))

    def tell_end(self, slug: str) -> None:
        """Tell the others that it works again, or that nobody probes any more."""
        self._soon(self._redis.hdel(BREAKERS_KEY, slug))
        self.tell_probed(slug)

    def tell_probed(self, slug: str) -> None:
        """Let another call be the probe."""
        self._soon(self._redis.delete(PROBE_KEY + slug))

    async def _begin(self, slug: str, pause: Pause, seconds: float) -> None:
        now_s, microseconds = await self._redis.time()
        until = now_s * 1000 + microseconds // 1000 + int(seconds * 1000)
        words = {"until": until, "times": pause.times, "why": pause.why}
        await self._redis.hset(BREAKERS_KEY, slug, orjson.dumps(words).decode())

    def _soon(self, words: Any) -> None:
        task = asyncio.create_task(_quietly(words))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _quietly(words: Coroutine[Any, Any, object]) -> None:
    """Other workers find out by themselves what they are not told."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await words
    except (RedisError, OSError) as error:
        log.warning("other workers are not told of a breaker: %s", error)


class Attempt:
    """One call that was let through; `heard` tells what it brings."""

    def __init__(self, guard: Guard, *, is_probe: bool) -> None:
        self._guard = guard
        self.is_probe = is_probe
        self.is_heard = False

    def heard(self, part: object) -> None:
        """A first word, or an end, is a sign of life."""
        if not self.is_heard and isinstance(part, Piece | Finished):
            self.is_heard = True
            self._guard.worked()


class Guard:
    """The breaker of one provider in one worker."""

    def __init__(
        self, slug: str, place: tuple[str, str | None], breakers: Breakers
    ) -> None:
        self.place = place
        self._slug = slug
        self._all = breakers
        self._breaker = Breaker()
        self._is_told = False
        self._changed = asyncio.Event()

    @property
    def is_probed(self) -> bool:
        """True when a call would have to wait for the probe's first word."""
        return self._breaker.is_probed(_now())

    def check(self) -> None:
        """Raise Paused while the provider is left alone."""
        pause = self._breaker.pause
        if pause is not None and pause.until > _now():
            raise self._paused(pause)

    @asynccontextmanager
    async def attempt(self, draft: str) -> AsyncIterator[Attempt]:
        """Let a call of this draft through, or raise Paused; learn from how it ends."""
        attempt = Attempt(self, is_probe=await self._let_through())
        try:
            yield attempt
        except CallError as error:
            self._failed(error, attempt, draft)
            raise
        finally:
            if attempt.is_probe and self._breaker.let_go():
                # Nobody knows anything new of it.
                self._all.tell_probed(self._slug)
                self._stir()

    def worked(self) -> None:
        """The provider answers."""
        if self._breaker.worked():
            self._is_told = False
            self._all.tell_end(self._slug)
            self._stir()

    def hear(self, words: dict[str, Any] | None, *, now_ms: int) -> None:
        """What the workers agree on of this provider; nothing is: all is well."""
        if words is not None:
            until = _now() + (words["until"] - now_ms) / 1000
            pause = Pause(until, words["times"], words["why"])
            self._is_told = True
            if self._breaker.take_over(pause):
                self._stir()
        elif self._is_told and self._breaker.worked():
            self._is_told = False
            self._stir()

    async def _let_through(self) -> bool:
        """True for the probe. Who must wait for it waits until it said something."""
        while True:
            answer = self._breaker.ask(_now())
            if answer.act == "go":
                return False
            if answer.act == "stop":
                self.check()
            elif answer.act == "wait":
                await self._wait(answer.seconds)
            elif await self._all.claim(self._slug):
                return True
            else:
                self._breaker.probed_elsewhere(_now() + SHARE_SECONDS)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    def _failed(self, error: CallError, attempt: Attempt, draft: str) -> None:
        if not speaks_of_provider(error, heard=attempt.is_heard):
            # It answered, if only to refuse this one request.
            if attempt.is_probe:
                self.worked()
            return
        pause = self._breaker.failed(
            draft,
            error.message,
            now=_now(),
            is_probe=attempt.is_probe and not attempt.is_heard,
            after=error.after,
        )
        if pause is not None:
            log.warning("%s is paused: %s", self._slug, error.message)
            self._is_told = False
            self._all.tell_probed(self._slug)
            self._all.tell_pause(self._slug, pause, seconds=pause.until - _now())
            self._stir()

    def _stir(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _paused(self, pause: Pause) -> Paused:
        rest = max(pause.until - _now(), 0.0)
        until = (timezone.now() + timedelta(seconds=rest)).strftime("%H:%M:%S")
        return Paused(
            f"{self._slug} is paused until {until} UTC, after call upon call failed. "
            f"Nothing was sent. The last one: {pause.why}",
            after=rest,
        )


def _now() -> float:
    return asyncio.get_running_loop().time()
