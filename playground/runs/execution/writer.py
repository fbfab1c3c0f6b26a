"""Database work off the event loop; many small writes share one transaction.

One thread a process writes. SQLite has one writer at a time anyway; on PostgreSQL two
batches would lock the rows of many runs in each other's way. What waits while a
transaction commits goes into the next one, each job under a savepoint of its own: under
load a commit carries the writes of many runs.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import (
    OperationalError,
    close_old_connections,
    connection,
    connections,
    transaction,
)

from playground.db.outages import OUTAGES, is_undone

log = logging.getLogger(__name__)
Result = TypeVar("Result")
BATCH = 64
# How often a job is done again that the database took back for another's sake.
MOST_REPEATS = 5


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[], Any]
    outcome: Future[Any] = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class _End:
    result: Any = None
    error: BaseException | None = None


class _Undone(Exception):
    """The job's transaction failed at its end, maybe by the fault of another job."""


class Writer:
    """A thread that runs jobs against the database."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[], Result]) -> Result:
        """Run `work` inside a transaction and return what it returned, once committed.

        What it raises is raised here, and of its writes nothing stays. It is done again
        when it was undone for the sake of another: it must change nothing but rows.
        """
        job = _Job(work)
        self._jobs.put(job)
        result: Result = await asyncio.wrap_future(job.outcome)
        return result

    def close(self) -> None:
        """Let the thread finish what is queued, then end."""
        self._jobs.put(None)
        self._thread.join(timeout=10)

    def _work(self) -> None:
        while batch := self._next_batch():
            _serve(batch)
        connections.close_all()

    def _next_batch(self) -> list[_Job]:
        """What waits, one job at least; nothing at the end."""
        batch: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            batch.append(job)
            if len(batch) == BATCH or self._jobs.empty():
                return batch
            job = self._jobs.get()
        if batch:
            self._jobs.put(None)
        return batch


def _serve(batch: list[_Job]) -> None:
    """Do all of them in one transaction, and by themselves those that it undid."""
    again: list[_Job] = []
    for job, end in zip(batch, _together(batch), strict=True):
        if isinstance(end.error, _Undone) or is_undone(end.error):
            again.append(job)
        else:
            _tell(job, end)
    for job in again:
        _tell(job, _alone(job))


def _alone(job: _Job) -> _End:
    end = _End()
    for _ in range(MOST_REPEATS):
        end = _together([job])[0]
        if not is_undone(end.error):
            break
        log.warning("a write was undone for another's sake: %s", end.error)
    return end


def _together(batch: Sequence[_Job]) -> list[_End]:
    try:
        close_old_connections()
        with transaction.atomic():
            return [_attempt(job) for job in batch]
    except OUTAGES as error:
        return [_End(error=error) for _ in batch]
    except Exception as error:  # noqa: BLE001 - every waiting run must hear of it
        # Constraints are checked at the commit: one job's fault is not its neighbours'.
        return [_End(error=error if len(batch) == 1 else _Undone()) for _ in batch]


def _attempt(job: _Job) -> _End:
    try:
        with transaction.atomic():
            return _End(job.work())
    except Exception as error:
        if connection.needs_rollback or connection.closed_in_transaction:
            if isinstance(error, OUTAGES):
                raise
            raise OperationalError("the database went away") from error
        return _End(error=error)


def _tell(job: _Job, end: _End) -> None:
    if not job.outcome.set_running_or_notify_cancel():
        return
    if end.error is None:
        job.outcome.set_result(end.result)
    else:
        job.outcome.set_exception(end.error)
