"""What a page says while nobody carries its run.

The feed cannot say it: only a worker writes there, and the worker is what is missing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from uuid import UUID

from channels.db import database_sync_to_async
from django.db import DatabaseError
from redis.exceptions import RedisError

from playground.runs.execution.lease import LEASE_SECONDS
from playground.runs.queries import Standing, live_workers, standing_of
from playground.runs.states import RunStatus

log = logging.getLogger(__name__)
# Two renewals were missed: a worker that lives is hardly ever that late.
OVERDUE_SECONDS = 5.0
FRESH_SECONDS = 1.0
QUEUED_ALONE = "No worker is up. The run stays in line and starts as soon as one is."
UNHEARD = (
    "The worker is not heard of. If it is lost, another takes over within seconds."
)
LOST = "The worker was lost; another takes over within seconds."
LOST_ALONE = (
    "The worker was lost and no other is up. The run goes on as soon as one is."
)


class Notice:
    """The notice of one run, read at most once a second, however many watch."""

    def __init__(self, run_id: UUID) -> None:
        self._run_id = run_id
        self._words = ""
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def words(self) -> str:
        """What is to be said now; empty when all is well, or nobody knows."""
        async with self._reading:
            if time.monotonic() - self._read_at >= FRESH_SECONDS:
                self._words = await database_sync_to_async(notice_of)(self._run_id)
                self._read_at = time.monotonic()
        return self._words


def notice_of(run_id: UUID) -> str:
    """Ask the database, and Redis where it matters whether any worker lives."""
    try:
        standing = standing_of(run_id)
        return "" if standing is None else _words(standing)
    except (DatabaseError, RedisError) as error:
        log.warning("nobody knows who carries run %s: %s", run_id, error)
        return ""


def _words(standing: Standing) -> str:
    if standing.status == RunStatus.QUEUED:
        return "" if live_workers() else QUEUED_ALONE
    left = standing.lease_left
    if standing.status != RunStatus.RUNNING or left is None:
        return ""
    if left <= 0:
        return LOST if live_workers() else LOST_ALONE
    return UNHEARD if left < LEASE_SECONDS - OVERDUE_SECONDS else ""
