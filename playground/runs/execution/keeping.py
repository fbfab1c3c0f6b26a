"""Deletes what teams keep no longer, and takes its words out of the index for good."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from playground.runs.deletion import deleted_lately, remove_outdated
from playground.runs.execution.writer import Writer
from playground.runs.search import settle_index

KEEP_SECONDS = 60.0
SETTLE_SECONDS = 86_400.0
BREATH_SECONDS = 0.5


class Keeper:
    """One worker's share of it: small bites, so that runs have the writer in between."""

    def __init__(self) -> None:
        self._settled_at = float("-inf")

    async def keep(self, writer: Writer) -> None:
        """Delete batch by batch; once a day, where something went, settle the index."""
        await _repeat(remove_outdated, writer)
        if time.monotonic() - self._settled_at < SETTLE_SECONDS:
            return
        if await writer.run(deleted_lately):
            await _repeat(settle_index, writer)
            self._settled_at = time.monotonic()


async def _repeat(bite: Callable[[], bool], writer: Writer) -> None:
    while await writer.run(bite):  # noqa: ASYNC110 - it is work, not a wait
        await asyncio.sleep(BREATH_SECONDS)
