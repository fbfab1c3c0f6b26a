"""Who carries which run: claims, renewals, and handing back, all by conditional UPDATE.

Only the database's clock counts. Every write after a claim names the claim's epoch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from playground.db.clock import After, StatementNow, database_now
from playground.runs.errors import Unclaimed
from playground.runs.models import Run
from playground.runs.states import OPEN_STATUSES, RunStatus

LEASE_SECONDS = 10.0
RENEW_SECONDS = 2.5
FENCE_SECONDS = 7.0
SWEEP_SECONDS = 3.0
MAX_RECOVERIES = 5


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that is ours in one epoch. `now_ms` and `away_ms`: since its start; unheld."""

    run: Run
    epoch: int
    now_ms: int
    away_ms: int
    given_up: bool


def claimable() -> QuerySet[Run]:
    """Open runs that no living worker holds, oldest first."""
    return Run.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=StatementNow()),
        status__in=OPEN_STATUSES,
    ).order_by("id")


def claim(run_id: UUID, *, worker: str) -> Claim:
    """Make the run ours, or raise Unclaimed. Counts a recovery unless it was handed back."""
    before = Run.objects.filter(pk=run_id).only("lease_until", "handed_back").first()
    recovered = Case(
        When(epoch__gt=0, handed_back=False, then=F("recoveries") + 1),
        default=F("recoveries"),
        output_field=IntegerField(),
    )
    taken = (
        claimable()
        .filter(pk=run_id)
        .order_by()
        .update(
            epoch=F("epoch") + 1,
            recoveries=recovered,
            status=RunStatus.RUNNING,
            worker=worker,
            handed_back=False,
            lease_until=After(LEASE_SECONDS),
            started_at=Coalesce(F("started_at"), StatementNow()),
        )
    )
    if not taken:
        raise Unclaimed
    run = (
        Run.objects.select_related("revision__recipe", "team")
        .defer("feed_copy")
        .get(pk=run_id)
    )
    return _claim_of(run, before=before)


def _claim_of(run: Run, *, before: Run | None) -> Claim:
    now = database_now()
    if run.started_at is None:
        raise Unclaimed
    last_alive = now if before is None else _last_alive(before) or now
    return Claim(
        run=run,
        epoch=run.epoch,
        now_ms=_milliseconds(now - run.started_at),
        away_ms=_milliseconds(now - last_alive),
        given_up=run.recoveries > MAX_RECOVERIES,
    )


def _last_alive(before: Run) -> datetime | None:
    """When somebody held the run last; a lease that ran out was not renewed before."""
    if before.lease_until is None or before.handed_back:
        return before.lease_until
    return before.lease_until - timedelta(seconds=LEASE_SECONDS - RENEW_SECONDS)


def _milliseconds(span: timedelta) -> int:
    return max(0, round(span.total_seconds() * 1000))


def renew(held: Mapping[UUID, int], *, worker: str) -> dict[UUID, bool]:
    """Lengthen the leases of runs held in these epochs. Of those, whether to cancel.

    What is missing then is another's. A run that has ended is not: it may still have
    its last words to say. Inside a transaction; waits for no write where the database
    lets it, because each write lengthens the lease of its run itself.
    """
    ours = Run.objects.filter(pk__in=held)
    carried = ours.filter(worker=worker, status=RunStatus.RUNNING, handed_back=False)
    if connection.features.has_select_for_update_skip_locked:
        free = carried.select_for_update(skip_locked=True).order_by()
        carried = Run.objects.filter(pk__in=list(free.values_list("pk", flat=True)))
    carried.update(lease_until=After(LEASE_SECONDS))
    rows = ours.values_list("id", "epoch", "cancel_requested_at")
    return {
        run_id: asked is not None
        for run_id, epoch, asked in rows
        if epoch == held[run_id]
    }


def hand_back(held: Iterable[tuple[UUID, int]]) -> None:
    """Let the next worker take these runs at once; it is no recovery."""
    for run_id, epoch in held:
        Run.objects.filter(pk=run_id, epoch=epoch, status=RunStatus.RUNNING).update(
            lease_until=After(0.0), handed_back=Value(True)
        )
