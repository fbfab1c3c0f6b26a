"""What becomes of a run whose worker went away: no text that was read is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import LazySettings
from django.db import connections
from django.utils import timezone

from playground.db.redis import redis_now, redis_on_loop
from playground.engine.errors import Cut
from playground.engine.events import CallFailed, Event, Start
from playground.runs.execution import carrier as carriers
from playground.runs.execution import lease
from playground.runs.execution.breakers import Breakers
from playground.runs.execution.calls import Caller
from playground.runs.execution.carrier import Carrier, Tools
from playground.runs.execution.store import SqlStore
from playground.runs.execution.telling import opening, told_by
from playground.runs.execution.turns.gates import Gates
from playground.runs.execution.voice import Mouth
from playground.runs.execution.writer import Writer
from playground.runs.feed import Entry, append, read_feed
from playground.runs.models import Call, Draft, Run
from playground.runs.planning import machine_of
from playground.runs.services import cancel_run
from tests.redis_fixtures import end_other_tasks
from tests.runs.factories import a_run

pytestmark = [pytest.mark.locks, pytest.mark.django_db(transaction=True)]
READ = "What a viewer read: twelve words and more."
KEPT = "What a viewer"
NOWHERE = "unix:///nowhere/valkey.sock"


@pytest.fixture
def no_redis(valkey: redis.Redis, settings: LazySettings) -> Any:
    """Call it, and Redis is away from then on."""

    def leave() -> None:
        settings.REDIS_URL = NOWHERE
        redis_now.cache_clear()

    return leave


def abandoned(*more: Event, recoveries: int = 0, **given: Any) -> Run:
    """A run of which 1.A.1 was being written when its worker was killed."""
    run = a_run(**given)
    claim = lease.claim(run.pk, worker="w1")
    store = SqlStore(claim.run, epoch=1)
    store.load()
    machine = machine_of(claim.run)
    bodies: list[dict[str, Any]] = [opening(epoch=1, after=None, lost=())]
    for event in (Start(0), *more):
        rows = machine.handle(event).rows
        store.write(rows)
        bodies += told_by(rows)
        if isinstance(event, Start):
            bodies.append({"k": "delta", "t": 700, "x": [["1.A.1", 1, 0, READ]]})
    speak(claim.run, bodies)
    Draft.objects.filter(run=run, key="1.A.1").update(text=KEPT, text_call=1)
    let_go(run, recoveries=recoveries)
    return run


def speak(run: Run, bodies: Sequence[dict[str, Any]]) -> None:
    entries = [
        Entry(f"1-{seq}", {"t": 5, **body}) for seq, body in enumerate(bodies, 1)
    ]
    assert append(run, entries, keep_seconds=60)


def let_go(run: Run, *, recoveries: int) -> None:
    Run.objects.filter(pk=run.pk).update(
        lease_until=timezone.now() - timedelta(seconds=1), recoveries=recoveries
    )


def kept(run: Run, key: str = "1.A.1") -> tuple[str, str]:
    draft = Draft.objects.get(run=run, key=key)
    return draft.status, draft.text


def carried(run: Run, *, stop_after: float | None = None) -> list[Call]:
    """Let a worker take the run to its end; there is no provider to answer."""

    async def carry() -> None:
        readers, writer, client = ThreadPoolExecutor(1), Writer(), redis_on_loop()
        caller = Caller(readers, Gates(redis_on_loop(), worker="w2"), Breakers(client))
        tools = Tools(writer, readers, Mouth(client), caller, client)
        try:
            claim = await writer.run(lambda: lease.claim(run.pk, worker="w2"))
            carrier = Carrier(claim, tools)
            if stop_after is not None:
                loop = asyncio.get_running_loop()
                loop.call_later(stop_after, carrier.ask_to_cancel)
            await carrier.carry()
        finally:
            await end_other_tasks()
            await caller.close()
            await client.aclose()
            writer.close()
            # A connection belongs to its thread, and is closed there.
            readers.submit(connections.close_all).result()
            readers.shutdown()

    asyncio.run(carry())
    return list(Call.objects.filter(run=run))


@pytest.mark.usefixtures("valkey")
def test_cancel_without_a_worker_keeps_what_the_feed_showed() -> None:
    run = abandoned()
    cancel_run(run)
    call = Call.objects.get(run=run, n=1)
    assert kept(run) == ("stopped", READ)
    assert (call.status, call.text, call.first_token_ms) == ("cancelled", READ, 700)
    assert call.tokens_out == -(-len(READ) // 4)
    entries = read_feed(run)
    assert [entry.id for entry in entries if entry.id.startswith("2-")] == [
        f"2-{seq}" for seq in range(1, 1 + len(entries) - 5)
    ]
    run.refresh_from_db()
    assert (run.feed_last, entries[-1].kind) == (entries[-1].id, "end")


def test_cancel_without_redis_keeps_the_checkpoint(no_redis: Any) -> None:
    run = abandoned()
    no_redis()
    cancel_run(run)
    assert kept(run) == ("stopped", KEPT)
    run.refresh_from_db()
    copy = read_feed(run)
    assert (copy[0].id, copy[-1].kind) == ("2-1", "end")


@pytest.mark.usefixtures("valkey")
def test_thoughts_of_a_call_that_was_lost_count() -> None:
    run = abandoned()
    note = {"t": 800, "k": "note", "key": "1.A.1", "n": 1, "reasoning": 400}
    append(run, [Entry("1-99", note)], keep_seconds=60)
    cancel_run(run)
    assert Call.objects.get(run=run, n=1).tokens_out == -(-(len(READ) + 400) // 4)


@pytest.mark.usefixtures("valkey")
def test_cancel_keeps_what_a_call_said_that_was_to_be_made_again() -> None:
    run = abandoned(CallFailed(1, 800, Cut("cut"), READ))
    cancel_run(run)
    assert kept(run) == ("skipped", READ)
    assert kept(run, "1.B.1") == ("stopped", "")


@pytest.mark.usefixtures("valkey")
def test_run_that_is_given_up_keeps_what_the_feed_showed() -> None:
    run = abandoned(recoveries=lease.MAX_RECOVERIES)
    calls = carried(run)
    run.refresh_from_db()
    assert (run.status, run.reason) == ("failed", "gave_up")
    assert kept(run) == ("stopped", READ)
    assert [(call.status, call.text) for call in calls] == [
        ("cancelled", READ),
        ("cancelled", ""),
    ]


@pytest.mark.usefixtures("valkey")
def test_worker_that_takes_over_a_run_that_is_to_stop_makes_no_call() -> None:
    run = abandoned(cancel_requested_at=timezone.now())
    calls = carried(run)
    run.refresh_from_db()
    assert (run.status, len(calls), calls[0].first_token_ms) == ("cancelled", 2, 700)
    assert kept(run) == ("stopped", READ)


def test_worker_goes_on_without_redis_in_the_end(
    no_redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carriers, "REDIS_PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(carriers, "LAST_WORD_PATIENCE_SECONDS", 0.2)
    run = abandoned()
    no_redis()
    carried(run)
    run.refresh_from_db()
    assert (run.status, run.reason, run.recoveries) == ("failed", "no_answer", 1)
    assert kept(run) == ("failed", KEPT)
    copy = read_feed(run)
    assert (copy[0].id, copy[-1].kind) == ("2-1", "end")


def test_worker_that_waits_for_redis_hears_that_the_run_is_to_stop(
    no_redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carriers, "LAST_WORD_PATIENCE_SECONDS", 0.2)
    run = abandoned()
    no_redis()
    began = time.monotonic()
    carried(run, stop_after=0.3)
    run.refresh_from_db()
    assert (run.status, kept(run)) == ("cancelled", ("stopped", KEPT))
    assert time.monotonic() - began < 5
