"""Ends runs from outside: cancelled where no worker holds them, or given up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from redis.exceptions import RedisError

from playground.db.redis import redis_now
from playground.engine.errors import Fenced
from playground.engine.events import Cancel, Row, RunEnded
from playground.engine.machine import Machine
from playground.runs.errors import Unclaimed
from playground.runs.execution import lease
from playground.runs.execution.store import SqlStore
from playground.runs.execution.telling import opening, told_by
from playground.runs.feed import (
    KEEP_AFTER_END_SECONDS,
    Entry,
    feed_key,
    keep_copy,
    pack,
    read_feed,
)
from playground.runs.planning import machine_of


def cancel_without_worker(run_id: UUID) -> bool:
    """Claim the run and end it as cancelled; False when somebody holds it or it is over.

    No call is made. One that was open when its worker went away is entered as
    cancelled, its cost estimated; the checkpoint is what remains of its text.
    """
    try:
        with transaction.atomic():
            claim = lease.claim(run_id, worker="cancel")
            store = SqlStore(claim.run, epoch=claim.epoch)
            machine = machine_of(claim.run)
            machine.replay(store.load())
            machine.learn(store.written())
            rows = machine.handle(Cancel(claim.now_ms)).rows
            store.write(rows)
    except (Unclaimed, Fenced):
        return False
    _tell(claim, rows)
    return True


def _tell(claim: lease.Claim, rows: tuple[Row, ...]) -> None:
    """Write the end to the feed, for those who watch, and keep the copy."""
    earlier = read_feed(claim.run)
    after = earlier[-1].id if earlier else None
    bodies: list[dict[str, Any]] = [
        opening(epoch=claim.epoch, after=after, lost=()),
        *told_by(rows),
    ]
    entries = [
        Entry(f"{claim.epoch}-{seq}", {"t": claim.now_ms, **body})
        for seq, body in enumerate(bodies, start=1)
    ]
    keep_copy(claim.run, [*earlier, *entries])
    key = feed_key(claim.run.pk)
    try:
        pipe = redis_now().pipeline(transaction=False)
        for entry in entries:
            pipe.xadd(key, pack(entry.body), id=entry.id)  # type: ignore[arg-type]
        pipe.expire(key, KEEP_AFTER_END_SECONDS)
        pipe.execute(raise_on_error=False)
    except RedisError:
        return  # SQL has the end and the copy; a page that reloads shows both.


def given_up(machine: Machine, *, at: int, recoveries: int) -> tuple[Row, ...]:
    """The rows that end a run which broke too many workers: failed, and named so."""
    message = (
        f"Given up after {recoveries} recoveries: each worker that took the run went "
        "away before it ended. What was written is kept; run it again."
    )
    return tuple(
        replace(row, status="failed", reason="gave_up", message=message)
        if isinstance(row, RunEnded)
        else row
        for row in machine.handle(Cancel(at)).rows
    )
