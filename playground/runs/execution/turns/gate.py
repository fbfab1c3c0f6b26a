"""The gate of one provider in one worker: who waits here, who holds a place."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from redis.exceptions import RedisError

from playground.engine.errors import RateLimited
from playground.engine.providers.limits import Limits, Line
from playground.runs.execution.turns.alone import Alone
from playground.runs.execution.turns.pauses import LONGEST_SECONDS, Pauses
from playground.runs.execution.turns.turn import Turn
from playground.runs.execution.turns.wire import (
    KEEP_SECONDS,
    LEASE_SECONDS,
    RENEW_SECONDS,
    Ask,
    Gone,
    Said,
    Wire,
)

log = logging.getLogger(__name__)
ASK_SECONDS = 1.0
# How long Redis may take to answer, and when it is asked again after it did not.
PATIENCE_SECONDS = 1.0
AGAIN_SECONDS = 0.5


class Gate:
    """Admits this worker's calls to one provider, in turn with the other workers'."""

    def __init__(self, slug: str, wire: Wire, pauses: Pauses) -> None:
        self.slug = slug
        self.limits = Limits()
        self._wire = wire
        self._pauses = pauses
        self._line: Line[Turn] = Line()
        self._waiting: dict[str, Turn] = {}
        self._held: dict[str, Turn] = {}
        self._fresh: list[str] = []
        self._gone: list[Gone] = []
        self._alone: Alone | None = None
        self._met_at: float | None = None
        self._full_at = self._again_at = 0.0
        self._stirred = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def is_paused(self) -> bool:
        """True while the provider asks for patience."""
        return self._pauses.rest(self.slug) > 0

    def join(self, turn: Turn) -> None:
        """Stand in the line. Without limits and without a pause there is none."""
        if self.limits.is_none and not self.is_paused:
            turn.is_free = True
            turn.let()
            return
        token = self._token(turn)
        self._waiting[token] = turn
        self._line.join(turn.run, turn)
        self._fresh.append(token)
        self.heed_pause()
        self._stir()

    def leave(self, turn: Turn) -> None:
        """Give the place back, or the wait for one up."""
        if turn.is_free:
            return
        token = self._token(turn)
        unused = self._waiting.pop(token, None) is not None
        if unused:
            self._line.leave(turn.run, turn)
        refund = turn.weight if unused else turn.refund
        self._held.pop(token, None)
        if self._alone is not None and not unused:
            self._alone.give_back(refund)
            refund = 0
        if token in self._fresh:
            self._fresh.remove(token)
        else:
            self._gone.append(Gone(token, refund, unused))
        self._stir()

    def granted(self, token: str) -> None:
        """Redis gave this call a place. Who left meanwhile has said so already."""
        turn = self._waiting.pop(token, None)
        if turn is not None:
            self._line.leave(turn.run, turn)
            self._held[token] = turn
            turn.let()

    def pause(self, seconds: float) -> None:
        """The provider asks for patience: no worker calls it for so long."""
        if seconds > 0:
            self._pauses.begin(self.slug, min(seconds, LONGEST_SECONDS))
            self.heed_pause()

    def heed_pause(self) -> None:
        """Turn away whom a pause asks for more patience than it has."""
        rest = self._pauses.rest(self.slug)
        for turn in tuple(self._waiting.values()):
            if rest > turn.patience:
                turn.refuse(_too_long(self.slug, rest))
        if rest:
            self._stir()

    async def close(self) -> None:
        """Attend to nobody any more. What was given back is said, if Redis is there."""
        self._is_closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._gone:
            with suppress(RedisError, OSError, TimeoutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._wire.ask(self.slug, self._ask(full=False))

    def _token(self, turn: Turn) -> str:
        return f"{turn.run}/{turn.number:012}/{turn.weight}/{self._wire.worker}"

    def _stir(self) -> None:
        self._stirred.set()
        if not self._is_closed and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._attend())

    async def _attend(self) -> None:
        """Speak with the others for as long as there is something to say."""
        while self._waiting or self._held or self._gone:
            self._stirred.clear()
            rest = await self._meet()
            with suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._stirred.wait()

    async def _meet(self) -> float:
        """Let in who may go; the seconds after which to look again."""
        if self.limits.is_none and not (self._held or self._gone):
            return self._by_itself()
        now = asyncio.get_running_loop().time()
        if self._alone is not None:
            rest = self._by_itself()
            if now < self._again_at:
                return min(rest, self._again_at - now)
        ask = self._ask(full=self._alone is not None or now >= self._full_at)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                said = await self._wire.ask(self.slug, ask)
        except (RedisError, OSError, TimeoutError) as error:
            return self._lose(error)
        return self._settle(ask, said, at=now)

    def _ask(self, *, full: bool) -> Ask:
        fresh, self._fresh = self._fresh, []
        return Ask(
            limits=self.limits,
            full=full,
            known=self._remembers(),
            spent=self._alone.spent if self._alone else (0, 0),
            gone=tuple(self._gone),
            held=tuple(self._held) if full else (),
            wants=tuple(self._waiting) if full else fresh,
        )

    def _settle(self, ask: Ask, said: Said, *, at: float) -> float:
        if self._alone is not None:
            log.warning("the limits of %s are shared again", self.slug)
            self._alone = None
        del self._gone[: len(ask.gone)]
        self._met_at = at
        for token in said.granted:
            self.granted(token)
        if ask.full:
            self._full_at = at + RENEW_SECONDS
        if self._waiting:
            self._full_at = min(self._full_at, at + ASK_SECONDS)
        until = self._full_at - asyncio.get_running_loop().time()
        return max(min(said.wait, until) if said.wait else until, 0.001)

    def _remembers(self) -> bool:
        """Whether Redis should know of this provider: we spoke of it not long ago."""
        now = asyncio.get_running_loop().time()
        return self._met_at is not None and now - self._met_at < KEEP_SECONDS / 2

    def _lose(self, error: Exception) -> float:
        """Redis is away: go on with this worker's part of the limits."""
        now = asyncio.get_running_loop().time()
        self._again_at = now + AGAIN_SECONDS
        if self._alone is None:
            log.warning(
                "the limits of %s are not shared, one part in %s is admitted here: %s",
                self.slug,
                self._wire.workers,
                repr(error),
            )
            self._alone = Alone(self.limits.share(self._wire.workers), now)
        elif now - self._alone.since > LEASE_SECONDS:
            self._gone.clear()  # their leases are over
        return min(self._by_itself(), AGAIN_SECONDS)

    def _by_itself(self) -> float:
        """Admit without a word with the others; the seconds until the next may go."""
        now = asyncio.get_running_loop().time()
        while (turn := self._line.head()) is not None:
            rest = self._pauses.rest(self.slug)
            if not rest and self._alone is not None:
                rest = self._alone.wait(now, held=len(self._held))
            if rest:
                return rest
            if self._alone is not None:
                self._alone.take(turn.weight)
            self._pass(turn)
        return RENEW_SECONDS

    def _pass(self, turn: Turn) -> None:
        turn = self._line.next() or turn
        token = self._token(turn)
        del self._waiting[token]
        if token in self._fresh:
            self._fresh.remove(token)
        if self.limits.is_none:
            turn.is_free = True
        else:
            self._held[token] = turn
        turn.let()


def _too_long(slug: str, rest: float) -> RateLimited:
    return RateLimited(
        f"Provider {slug} asked all calls to wait for another {rest:.0f} s, longer than "
        "this one may take. Nothing was sent.",
        after=rest,
    )
