"""Cancels a run that its program no longer waits for."""

from __future__ import annotations

import asyncio
import logging

from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections
from redis.exceptions import RedisError

from playground.runs.models import Run
from playground.runs.services import cancel_run

log = logging.getLogger(__name__)
GRACE_SECONDS = 5.0
_LEAVING: set[asyncio.Task[None]] = set()


class Attendance:
    """Whether somebody waits for a run's answer; lives on the running event loop.

    A run that is made to go on by itself (`stays`) is never cancelled from here.
    """

    def __init__(self, run: Run, *, stays: bool) -> None:
        self.run = run
        self._stays = stays
        self._timer: asyncio.TimerHandle | None = None

    def present(self) -> None:
        """Somebody waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def absent(self) -> None:
        """Nobody waits: cancel in five seconds, unless somebody comes."""
        self.present()
        if not self._stays:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(GRACE_SECONDS, self._leave)

    def _leave(self) -> None:
        # The loop holds tasks weakly; without a hold this one could vanish half-way.
        task = asyncio.get_running_loop().create_task(_cancel(self.run))
        _LEAVING.add(task)
        task.add_done_callback(_LEAVING.discard)


async def _cancel(run: Run) -> None:
    try:
        # The request is over and its thread with it: this is the pool's work.
        await sync_to_async(_cancel_now, thread_sensitive=False)(run)
    except (DatabaseError, RedisError):
        log.exception("run %s, which nobody waits for, could not be cancelled", run.pk)


def _cancel_now(run: Run) -> None:
    close_old_connections()
    try:
        log.info("run %s is cancelled: its program hung up", run.pk)
        cancel_run(run)
    finally:
        close_old_connections()
