"""What the broker carries: knocks. The database says what there is to do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from celery import shared_task
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down

from playground.runs.execution.loop import worker


@shared_task(name="playground.runs.wake", ignore_result=True)
def wake(run_id: str) -> None:
    """A run may be waiting. Returns at once; losing or repeating it does no harm."""
    worker().offer(UUID(run_id))


@worker_ready.connect
def begin(**_: Any) -> None:
    """Sweep from the first moment, whether or not anybody knocks."""
    worker()


@worker_shutting_down.connect
def hand_over(**_: Any) -> None:
    """SIGTERM: give the runs to the other workers while Celery still winds down."""
    worker().stop()


@worker_shutdown.connect
def end(**_: Any) -> None:
    """Whatever way Celery took here, no run stays behind."""
    worker().stop()
