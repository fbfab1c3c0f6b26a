"""Writes of many runs at once: none pays for another's fault, none for an outage."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection
from django.utils import timezone

from playground.engine.events import Started
from playground.runs.execution import writer as writers
from playground.runs.execution.checkpoints import checkpoint
from playground.runs.execution.store import SqlStore
from playground.runs.execution.voice import RunVoice
from playground.runs.execution.writer import Writer
from playground.runs.models import Draft, JournalEntry, Run
from playground.runs.states import CallStatus, DraftStatus
from tests.runs.factories import a_call, a_run

pytestmark = [pytest.mark.locks, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def writer() -> Iterator[Writer]:
    writer = Writer()
    yield writer
    writer.close()


def touch(*runs: Run) -> None:
    for run in runs:
        Run.objects.filter(pk=run.pk).update(worker="touched")


def no_run() -> None:
    """Fails when the transaction ends: constraints are checked then."""
    JournalEntry.objects.create(
        run_id=uuid4(), seq=1, epoch=1, kind="started", content={}
    )


def all_at_once(writer: Writer, *jobs: Callable[[], Any]) -> list[Any]:
    """What became of jobs that wait together, and so share a transaction."""
    gate = threading.Event()

    async def run() -> list[Any]:
        held = asyncio.ensure_future(writer.run(gate.wait))
        await asyncio.sleep(0.1)
        ends = [asyncio.ensure_future(writer.run(job)) for job in jobs]
        await asyncio.sleep(0.1)
        gate.set()
        await held
        return await asyncio.gather(*ends, return_exceptions=True)

    return asyncio.run(run())


def test_fault_at_the_commit_is_not_the_neighbours(writer: Writer) -> None:
    run = a_run()
    ends = all_at_once(writer, partial(touch, run), no_run, lambda: "fine")
    assert ends[0] is None
    assert isinstance(ends[1], IntegrityError)
    assert ends[2] == "fine"
    run.refresh_from_db()
    assert run.worker == "touched"


def test_batches_of_many_runs_in_any_order_all_come_about(writer: Writer) -> None:
    """Several threads would lock these rows in each other's way."""
    runs = [a_run(), a_run()]

    def slowly(*order: Run) -> None:
        for run in order:
            touch(run)
            time.sleep(0.02)

    async def storm() -> list[Any]:
        jobs = []
        for turn in range(16):
            order = runs if turn % 2 else runs[::-1]
            jobs.append(asyncio.ensure_future(writer.run(partial(slowly, *order))))
            await asyncio.sleep(0.005)
        return await asyncio.gather(*jobs, return_exceptions=True)

    assert asyncio.run(storm()) == [None] * 16


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer")
def test_deadlock_with_another_process_is_lived_through(writer: Writer) -> None:
    first, second = a_run(), a_run()
    others = Writer()
    both = threading.Barrier(2, timeout=30)
    once = [both.wait, both.wait]

    def crosswise(one: Run, other: Run) -> None:
        touch(one)
        if once:
            once.pop()()
        touch(other)

    async def meet() -> list[Any]:
        return await asyncio.gather(
            writer.run(partial(crosswise, first, second)),
            others.run(partial(crosswise, second, first)),
            return_exceptions=True,
        )

    assert asyncio.run(meet()) == [None, None]
    others.close()


class Away:
    """A writer whose database goes away: before its first commits, or just after one."""

    def __init__(self, writer: Writer, *, times: int, is_after: bool) -> None:
        self.writer = writer
        self.times = times
        self.is_after = is_after

    async def run(self, job: Callable[[], Any]) -> Any:
        if self.times == 0:
            return await self.writer.run(job)
        self.times -= 1
        if self.is_after:
            await self.writer.run(job)
        raise OperationalError("server closed the connection unexpectedly")


@pytest.mark.parametrize("is_after", [False, True])
def test_commit_outlives_an_outage_and_writes_once(
    writer: Writer, *, is_after: bool
) -> None:
    run = a_run(epoch=1, status="running", started_at=timezone.now())
    away: Any = Away(writer, times=2 - is_after, is_after=is_after)
    store = SqlStore(run, epoch=1, writer=away)
    asyncio.run(store.commit((Started(0),)))
    asyncio.run(store.commit((Started(1),)))
    written = JournalEntry.objects.filter(run=run).values_list("seq", "content__at")
    assert list(written) == [(1, 0), (2, 1)]


def test_job_is_not_repeated_for_its_own_fault(writer: Writer) -> None:
    turns: list[int] = []

    def fail() -> None:
        turns.append(1)
        raise DataError("value too long")

    (end,) = all_at_once(writer, fail)
    assert isinstance(end, DataError)
    assert len(turns) == 1


def test_checkpoint_that_failed_is_kept_the_next_time(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [a_run(epoch=1), a_run(epoch=1)]
    voices = [(run.pk, voice_of(run)) for run in runs]
    Draft.objects.filter(key="1.A.1").update(status=DraftStatus.WRITING)
    with monkeypatch.context() as patch:
        patch.setattr(writers, "_attempt", refusing(writers._attempt, runs[0]))
        asyncio.run(checkpoint(voices, writer=writer))
    assert texts_of(runs) == ["", "said"]
    asyncio.run(checkpoint(voices, writer=writer))
    assert texts_of(runs) == ["said", "said"]


def test_checkpoint_says_once_that_a_call_streams(writer: Writer) -> None:
    run = a_run(epoch=1)
    voice = voice_of(run)
    call = a_call(run, n=1, status=CallStatus.SENT, ended_ms=None)
    asyncio.run(checkpoint([(run.pk, voice)], writer=writer))
    assert (voice.streaming, texts_of([run])) == (set(), [""])
    Draft.objects.filter(key="1.A.1").update(status=DraftStatus.WRITING)
    for word in ("more", "and more"):
        voice.delta("1.A.1", 1, 4, word)
        asyncio.run(checkpoint([(run.pk, voice)], writer=writer))
        call.refresh_from_db()
        assert call.status == CallStatus.STREAMING
    assert (voice.streaming, texts_of([run])) == ({1}, ["saidmoreand more"])


def refusing(attempt: Any, run: Run) -> Any:
    """As `attempt`, but of one run's jobs nothing comes."""

    def refuse(job: Any) -> Any:
        if any(said.run_id == run.pk for said in job.work.args[0]):
            return writers._End(error=DataError("the disk is bad"))
        return attempt(job)

    return refuse


def voice_of(run: Run) -> RunVoice:
    voice = RunVoice(run.pk, epoch=1, now=lambda: 0, wake=lambda: None)
    voice.delta("1.A.1", 1, 0, "said")
    return voice


def texts_of(runs: list[Run]) -> list[str]:
    return [Draft.objects.get(run=run, key="1.A.1").text for run in runs]
