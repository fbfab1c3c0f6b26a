"""Database work off the event loop; many small writes share one transaction.

On SQLite there is one writer at a time anyway, so one thread a process writes. What
waits while a transaction commits goes into the next one, each job under a savepoint of
its own: under load a commit carries the writes of many runs.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from django.db import close_old_connections, connection, connections, transaction

Result = TypeVar("Result")
BATCH = 64
_Job = tuple[Callable[[], Any], "Future[Any]"]


class Writer:
    """A few threads that run jobs against the database."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        count = 1 if connection.vendor == "sqlite" else 4
        self._threads = [
            threading.Thread(target=self._work, name=f"writer-{i}", daemon=True)
            for i in range(count)
        ]
        for thread in self._threads:
            thread.start()

    async def run(self, job: Callable[[], Result]) -> Result:
        """Run `job` inside a transaction and return what it returned, once committed.

        What the job raises is raised here, and of its writes nothing stays.
        """
        outcome: Future[Result] = Future()
        self._jobs.put((job, outcome))
        return await asyncio.wrap_future(outcome)

    def close(self) -> None:
        """Let the threads finish what is queued, then end."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(timeout=10)

    def _work(self) -> None:
        while True:
            batch = self._next_batch()
            if batch is None:
                break
            close_old_connections()
            _commit(batch)
        connections.close_all()

    def _next_batch(self) -> list[_Job] | None:
        first = self._jobs.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < BATCH:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            batch.append(job)
        return batch


def _commit(batch: list[_Job]) -> None:
    outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
    try:
        with transaction.atomic():
            outcomes = [_attempt(job, outcome) for job, outcome in batch]
    except Exception as error:  # noqa: BLE001 - every waiting run must hear of it
        outcomes = [(outcome, None, error) for _, outcome in batch]
    for outcome, result, failure in outcomes:
        if outcome.cancelled() or not outcome.set_running_or_notify_cancel():
            continue
        if failure is None:
            outcome.set_result(result)
        else:
            outcome.set_exception(failure)


def _attempt(
    job: Callable[[], Any], outcome: Future[Any]
) -> tuple[Future[Any], Any, BaseException | None]:
    try:
        with transaction.atomic():
            return outcome, job(), None
    except Exception as error:  # noqa: BLE001 - it is handed to the job's own caller
        return outcome, None, error
