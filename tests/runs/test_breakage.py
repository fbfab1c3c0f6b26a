"""A run that would break every worker ends at the first, and says so."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DataError, OperationalError

from playground.db.redis import redis_on_loop
from playground.engine.events import DraftFailed, RunEnded
from playground.engine.providers.wire import Endpoint
from playground.runs.execution import calls
from playground.runs.execution import store as stores
from playground.runs.execution.breakers import Breakers
from playground.runs.execution.turns.gates import Gates
from playground.runs.feed import read_feed
from playground.runs.models import Draft, JournalEntry, Run
from playground.runs.services import cancel_run
from tests.runs.factories import a_run
from tests.runs.test_left_behind import abandoned, carried

pytestmark = [
    pytest.mark.locks,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("valkey"),
]


def statuses(run: Run) -> list[str]:
    return list(Draft.objects.filter(run=run).values_list("status", flat=True))


def spoil(run: Run) -> None:
    """Nobody can replay this journal."""
    last = JournalEntry.objects.filter(run=run).order_by("-seq")[0]
    last.content = {"nonsense": True}
    last.save()


def end_of(run: Run) -> tuple[str, str, int]:
    run.refresh_from_db()
    return run.status, run.reason, run.recoveries


def refuse(monkeypatch: pytest.MonkeyPatch, kind: type[Any], error: Exception) -> None:
    """Let the database refuse rows of one kind."""
    record = stores.record

    def refusing(row: Any, place: Any) -> None:
        if isinstance(row, kind):
            raise error
        record(row, place)

    monkeypatch.setattr(stores, "record", refusing)


def test_row_that_the_database_refuses_ends_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refuse(monkeypatch, DraftFailed, DataError("a string may hold no NUL"))
    run = a_run()
    made = carried(run)
    assert end_of(run) == ("failed", "gave_up", 0)
    assert "DataError" in run.message
    assert statuses(run) == ["stopped", "stopped", "skipped"]
    assert {call.status for call in made} == {"cancelled"}
    assert read_feed(run)[-1].body["reason"] == "gave_up"


def test_outage_is_left_to_the_next_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.db.outages.PATIENCE_SECONDS", 0.2)
    run = a_run()
    with monkeypatch.context() as patch:
        refuse(patch, DraftFailed, OperationalError("the database is away"))
        with pytest.raises(OperationalError):
            carried(run)
    assert end_of(run) == ("running", "", 0)


def test_call_waits_for_a_database_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = Endpoint("stub", "http://127.0.0.1:9/v1")
    answers: list[Any] = [OperationalError("the database is away"), found]

    def read(_: str) -> Endpoint:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return found

    monkeypatch.setattr(calls, "_read_endpoint", read)

    async def ask() -> Endpoint:
        with ThreadPoolExecutor(1) as readers:
            client = redis_on_loop()
            caller = calls.Caller(readers, Gates(client, worker="w1"), Breakers(client))
            endpoint = await caller._endpoint("stub")
            await caller.close()
            return endpoint

    assert asyncio.run(ask()) == found


def test_run_that_cannot_be_replayed_is_ended_with_its_text() -> None:
    run = abandoned()
    spoil(run)
    made = carried(run)
    assert end_of(run) == ("failed", "gave_up", 1)
    assert statuses(run) == ["stopped", "stopped", "skipped"]
    assert [call.status for call in made] == ["cancelled", "cancelled"]
    assert made[0].cost_nanos == made[0].ceiling_nanos
    journal = JournalEntry.objects.filter(run=run).order_by("-seq")
    assert journal[0].kind == RunEnded.kind
    assert [entry.kind for entry in read_feed(run)][-1] == "end"


def test_run_that_cannot_be_replayed_can_be_cancelled() -> None:
    run = abandoned()
    spoil(run)
    cancel_run(run)
    assert end_of(run) == ("cancelled", "cancelled", 1)
    assert statuses(run) == ["stopped", "stopped", "skipped"]
    assert read_feed(run)[-1].kind == "end"


def test_run_ends_even_when_its_drafts_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = abandoned()
    spoil(run)
    refuse(monkeypatch, object, DataError("the disk is bad"))
    carried(run)
    assert end_of(run) == ("failed", "gave_up", 1)
    assert run.ended_at is not None
