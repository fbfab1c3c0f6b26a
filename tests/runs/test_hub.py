"""Watching a feed whose end nobody could hear, because Redis was away just then."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from asgiref.sync import sync_to_async
from django.conf import LazySettings
from django.db import OperationalError
from django.utils import timezone

from playground.live.frames import frames_of
from playground.runs import hub as hubs
from playground.runs.feed import Entry, append, feed_key, keep_copy
from playground.runs.hub import close_hub, hub
from playground.runs.models import Run
from playground.runs.states import RunStatus
from tests.runs.factories import a_run

pytestmark = pytest.mark.django_db(transaction=True)
TOLD = [
    Entry("1-1", {"t": 0, "k": "run", "epoch": 1, "after": None, "lost": []}),
    Entry("1-2", {"t": 9, "k": "delta", "x": [["1.A.1", 1, 0, "word"]]}),
]
END = Entry("1-3", {"t": 20, "k": "end", "status": "done"})


@pytest.fixture(autouse=True)
def _hurried(valkey: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "SILENCE_SECONDS", 0.2)
    monkeypatch.setattr(hubs, "LAST_WORDS_SECONDS", 0.2)


def watched(run: Run, then: Callable[[], None]) -> list[str]:
    """The ids that a watcher gets; `then` happens once it has what was told."""

    async def watch() -> list[str]:
        ids: list[str] = []
        try:
            async for entry in hub().watch(await Run.objects.aget(pk=run.pk)):
                ids.append(entry.id)
                if entry == TOLD[-1]:
                    await sync_to_async(then)()
        finally:
            await close_hub()
        return ids

    return asyncio.run(watch())


def running() -> Run:
    run = a_run(status=RunStatus.RUNNING)
    append(run, TOLD, keep_seconds=60)
    return run


def test_end_that_is_in_sql_alone_is_read_there() -> None:
    run = running()

    def end() -> None:
        keep_copy(run, [*TOLD, END])
        Run.objects.filter(pk=run.pk).update(status=RunStatus.DONE)

    assert watched(run, end) == ["1-1", "1-2", "1-3"]


def test_who_misses_the_end_is_to_come_back_for_it() -> None:
    """As long as somebody may say it; a copy that comes meanwhile has it."""
    run = running()
    with pytest.raises(TimeoutError):
        watched(run, lambda: over(run, since_seconds=5))
    keep_copy(run, [*TOLD, END])
    assert watched(run, lambda: None) == ["1-1", "1-2", "1-3"]


@pytest.mark.parametrize("epoch", [1, 2])
def test_end_that_nobody_will_say_any_more_is_made_of_what_sql_has(epoch: int) -> None:
    run = running()
    Run.objects.filter(pk=run.pk).update(epoch=epoch)
    ids = watched(run, lambda: over(run, since_seconds=3_600))
    assert ids == ["1-1", "1-2", "1-3" if epoch == 1 else "2-1"]


def test_run_that_is_over_is_read_without_redis(settings: LazySettings) -> None:
    run = running()
    over(run, since_seconds=5)
    keep_copy(run, [*TOLD, END])
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    assert watched(run, lambda: None) == ["1-1", "1-2", "1-3"]


def test_entry_that_cannot_be_read_ends_no_watch(valkey: redis.Redis) -> None:
    run, other = running(), running()

    def speak_oddly() -> None:
        valkey.xadd(feed_key(other.pk), {"e": b"no json"}, id="1-9")
        later = threading.Timer(0.3, append, (run, [END]), {"keep_seconds": 60})
        later.start()

    async def watch() -> list[str]:
        bystander = asyncio.create_task(_drain(other))
        await asyncio.sleep(0.1)
        try:
            heard = hub().watch(await Run.objects.aget(pk=run.pk), since="1-1")
            ids = [(await anext(heard)).id]
            await sync_to_async(speak_oddly)()
            return ids + [entry.id async for entry in heard]
        finally:
            bystander.cancel()
            await close_hub()

    assert asyncio.run(watch()) == ["1-2", "1-3"]


async def _drain(run: Run) -> None:
    async for _ in hub().watch(await Run.objects.aget(pk=run.pk)):
        pass


def over(run: Run, *, since_seconds: int) -> None:
    ended_at = timezone.now() - timedelta(seconds=since_seconds)
    Run.objects.filter(pk=run.pk).update(status=RunStatus.DONE, ended_at=ended_at)


def test_silence_of_a_run_that_goes_on_is_waited_through() -> None:
    run = running()

    def speak_later() -> None:
        later = threading.Timer(0.7, append, (run, [END]), {"keep_seconds": 60})
        later.start()

    assert watched(run, speak_later) == ["1-1", "1-2", "1-3"]


def test_programs_have_frames_without_a_notice() -> None:
    async def notices(run: Run) -> list[bool]:
        found = []
        for html in (False, True):
            async with frames_of(run, html=html) as frames:
                found.append(frames.notice is not None)
        return found

    run = Run.objects.select_related("revision__recipe", "team").get(pk=running().pk)
    assert asyncio.run(notices(run)) == [False, True]


def test_watch_outlives_a_database_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = running()
    refresh, away = Run.refresh_from_db, [True, True]

    def refresh_later(self: Run, **given: Any) -> None:
        if away:
            away.pop()
            raise OperationalError("the database is away")
        refresh(self, **given)

    monkeypatch.setattr(Run, "refresh_from_db", refresh_later)

    def end() -> None:
        keep_copy(run, [*TOLD, END])
        Run.objects.filter(pk=run.pk).update(status=RunStatus.DONE)

    assert watched(run, end) == ["1-1", "1-2", "1-3"]
    assert away == []
