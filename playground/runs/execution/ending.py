"""Ends runs from outside: cancelled where no worker holds them, or given up."""

from __future__ import annotations

import logging
from dataclasses import replace
from uuid import UUID

from django.db import transaction

from playground.db.outages import OUTAGES
from playground.engine.errors import Fenced
from playground.engine.events import Cancel, Row, RunEnded
from playground.engine.machine import Machine
from playground.runs.errors import Unclaimed
from playground.runs.execution import lease
from playground.runs.execution.breakage import end_plainly
from playground.runs.execution.shown import keep_open_calls, shown_of
from playground.runs.execution.store import SqlStore, cut_off
from playground.runs.execution.telling import opening, told_by
from playground.runs.feed import (
    KEEP_AFTER_END_SECONDS,
    KEEP_SECONDS,
    Entry,
    append,
    keep_copy,
    read_feed,
)
from playground.runs.planning import machine_of

log = logging.getLogger(__name__)


def cancel_without_worker(run_id: UUID) -> bool:
    """Claim the run and end it as cancelled; False when somebody holds it or it is over.

    No call is made. One that was open when its worker went away is entered as
    cancelled, its cost estimated; what readers saw of it is kept. Should this process
    end between the claim and the end, the next worker cancels the run.
    """
    try:
        with transaction.atomic():
            claim = lease.claim(run_id, worker="cancel")
        entries = _fence(claim)
        rows = _end_somehow(claim, entries)
    except (Unclaimed, Fenced):
        return False
    _tell(claim, entries, rows)
    return True


def _fence(claim: lease.Claim) -> list[Entry]:
    """Open our epoch in the feed, so that nobody adds to it any more; then read it."""
    earlier = read_feed(claim.run)
    after = earlier[-1].id if earlier else None
    body = opening(epoch=claim.epoch, after=after, lost=())
    fence = Entry(f"{claim.epoch}-1", {"t": claim.now_ms, **body})
    if append(claim.run, [fence], keep_seconds=KEEP_SECONDS):
        return read_feed(claim.run) or [*earlier, fence]
    return [*earlier, fence]


def _end_somehow(claim: lease.Claim, feed: list[Entry]) -> tuple[Row, ...]:
    try:
        with transaction.atomic():
            return _end(claim, feed)
    except (Fenced, *OUTAGES):
        raise
    except Exception:
        log.exception("run %s cannot be replayed, and is ended plainly", claim.run.pk)
    message = "Stopped before the answer was written."
    ended = RunEnded(claim.now_ms, "cancelled", "cancelled", message=message)
    with transaction.atomic():
        return end_plainly(claim.run, ended, epoch=claim.epoch)


def _end(claim: lease.Claim, feed: list[Entry]) -> tuple[Row, ...]:
    store = SqlStore(claim.run, epoch=claim.epoch)
    machine = machine_of(claim.run)
    machine.replay(store.load())
    shown = shown_of(
        claim.run, epoch=claim.epoch, open_calls=machine.open_calls, feed=feed
    )
    machine.learn(shown.heard)
    rows = machine.handle(Cancel(claim.now_ms)).rows
    keep_open_calls(claim.run, shown)
    store.write(rows, cut_off(rows, shown.texts.get))
    return rows


def _tell(claim: lease.Claim, earlier: list[Entry], rows: tuple[Row, ...]) -> None:
    """Write the end to the feed, for those who watch, and keep the copy.

    Without Redis SQL has the end and the copy; a page that reloads shows both.
    """
    entries = [
        Entry(f"{claim.epoch}-{seq}", {"t": claim.now_ms, **body})
        for seq, body in enumerate(told_by(rows), start=2)
    ]
    keep_copy(claim.run, [*earlier, *entries])
    append(claim.run, entries, keep_seconds=KEEP_AFTER_END_SECONDS)


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
