"""Claims, renewals, handing back: who may carry a run, by the database's clock."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from playground.engine.events import Started
from playground.runs.errors import Unclaimed
from playground.runs.execution import lease
from playground.runs.execution.store import SqlStore
from playground.runs.models import Run
from playground.runs.states import RunStatus
from tests.runs.factories import a_run

pytestmark = [pytest.mark.locks, pytest.mark.django_db(transaction=True)]


def let_lease_end(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )


def test_claim_starts_the_run_and_opens_the_first_epoch() -> None:
    run = a_run()
    claim = lease.claim(run.pk, worker="w1")
    run.refresh_from_db()
    assert (run.status, run.epoch, run.worker, run.recoveries) == (
        "running",
        1,
        "w1",
        0,
    )
    assert run.started_at is not None
    assert run.lease_until is not None
    span = (run.lease_until - run.started_at).total_seconds()
    assert span == pytest.approx(lease.LEASE_SECONDS, abs=0.1)
    assert (claim.epoch, claim.away_ms, claim.given_up) == (1, 0, False)
    assert claim.now_ms < 500


def test_held_run_is_not_claimed_by_another() -> None:
    run = a_run()
    lease.claim(run.pk, worker="w1")
    with pytest.raises(Unclaimed):
        lease.claim(run.pk, worker="w2")


def test_ended_run_is_not_claimed() -> None:
    run = a_run(status=RunStatus.DONE)
    with pytest.raises(Unclaimed):
        lease.claim(run.pk, worker="w1")


def test_expired_lease_is_taken_over_and_counts_as_recovery() -> None:
    run = a_run()
    lease.claim(run.pk, worker="w1")
    let_lease_end(run)
    claim = lease.claim(run.pk, worker="w2")
    run.refresh_from_db()
    assert (run.epoch, run.recoveries, run.worker) == (2, 1, "w2")
    assert claim.away_ms == pytest.approx(8500, abs=500)


def test_run_handed_back_is_taken_at_once_and_is_no_recovery() -> None:
    run = a_run()
    claim = lease.claim(run.pk, worker="w1")
    lease.hand_back([(run.pk, claim.epoch)])
    again = lease.claim(run.pk, worker="w2")
    assert again.epoch == 2
    assert again.away_ms < 1000
    run.refresh_from_db()
    assert (run.recoveries, run.handed_back) == (0, False)


def test_run_is_given_up_after_five_recoveries() -> None:
    run = a_run(epoch=1, recoveries=lease.MAX_RECOVERIES, status=RunStatus.RUNNING)
    assert lease.claim(run.pk, worker="w1").given_up


def test_renew_tells_of_cancels_and_of_runs_that_went_elsewhere() -> None:
    ours, asked, theirs = a_run(), a_run(), a_run()
    for run in (ours, asked):
        lease.claim(run.pk, worker="w1")
    lease.claim(theirs.pk, worker="w2")
    Run.objects.filter(pk=asked.pk).update(cancel_requested_at=timezone.now())
    over = a_run(status=RunStatus.DONE, epoch=1)
    let_lease_end(theirs)
    lease.claim(theirs.pk, worker="w2")
    held = {run.pk: 1 for run in (ours, asked, theirs, over)}
    with transaction.atomic():
        still = lease.renew(held, worker="w1")
    assert still == {ours.pk: False, asked.pk: True, over.pk: False}


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer")
def test_renewal_waits_for_no_write_and_a_write_renews() -> None:
    busy, free = a_run(), a_run()
    for run in (busy, free):
        lease.claim(run.pk, worker="w1")
    Run.objects.update(lease_until=timezone.now())
    written, renewed = threading.Event(), threading.Event()

    def write() -> None:
        store = SqlStore(busy, epoch=1)
        store.find_place()
        with transaction.atomic():
            store.write((Started(0),))
            written.set()
            renewed.wait(10)
        connections.close_all()

    writing = threading.Thread(target=write)
    writing.start()
    assert written.wait(10)
    with transaction.atomic():
        held = {busy.pk: 1, free.pk: 1}
        assert set(lease.renew(held, worker="w1")) == set(held)
    renewed.set()
    writing.join()
    soon = timezone.now() + timedelta(seconds=5)
    assert Run.objects.filter(lease_until__gt=soon).count() == 2


def test_of_many_workers_exactly_one_gets_the_run() -> None:
    run = a_run()
    won: list[str] = []
    gate = threading.Barrier(8)

    def compete(name: str) -> None:
        gate.wait()
        try:
            lease.claim(run.pk, worker=name)
            won.append(name)
        except Unclaimed:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=compete, args=(f"w{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run.refresh_from_db()
    assert [run.worker] == won
    assert run.epoch == 1


def test_sweep_finds_the_forgotten_oldest_first() -> None:
    first, second, held = a_run(), a_run(), a_run()
    lease.claim(held.pk, worker="w1")
    assert list(lease.claimable()) == [first, second]
