"""Providers that asked for patience: none of their calls goes out before it is over.

Known in every worker, so that looking costs nothing; Redis only spreads the word.
"""

from __future__ import annotations

import asyncio
import logging

from redis.exceptions import RedisError

from playground.runs.execution.turns.wire import Wire

log = logging.getLogger(__name__)
# A provider that asks for a day is asked again sooner: its limit may be another model's.
LONGEST_SECONDS = 300.0
_AGAIN_SECONDS = 1.0


class Pauses:
    """Until when each provider is left alone, by this loop's clock."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._until: dict[str, float] = {}
        self._telling: set[asyncio.Task[None]] = set()

    def rest(self, slug: str) -> float:
        """Seconds for which the provider is still to be left alone."""
        until = self._until.get(slug)
        if until is None:
            return 0.0
        return max(until - asyncio.get_running_loop().time(), 0.0)

    def heard(self, slug: str, seconds: float) -> None:
        """A pause, as another worker tells of it; a longer one stays."""
        until = asyncio.get_running_loop().time() + seconds
        self._until[slug] = max(until, self._until.get(slug, 0.0))

    def begin(self, slug: str, seconds: float) -> None:
        """A pause, as the provider asks for it; all workers are told."""
        self.heard(slug, seconds)
        task = asyncio.create_task(self._tell(slug))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    def close(self) -> None:
        """Tell nobody any more."""
        for task in tuple(self._telling):
            task.cancel()

    async def _tell(self, slug: str) -> None:
        while (rest := self.rest(slug)) > 0:
            try:
                await self._wire.pause(slug, rest)
            except (RedisError, OSError) as error:
                log.warning("other workers do not know of %s's pause: %s", slug, error)
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                break
