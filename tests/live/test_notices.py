"""What pages are told beside the feed, and that programs are not."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.utils import timezone

from playground.live import company as companies
from playground.live.company import company
from playground.live.notices import (
    LOST,
    LOST_ALONE,
    QUEUED_ALONE,
    UNHEARD,
    Notice,
    notice_of,
)
from playground.runs.execution import lease
from playground.runs.models import Run
from playground.runs.queries import WORKERS_KEY
from playground.runs.states import RunStatus
from tests.runs.factories import a_run


def held(*, left: float, **given: Any) -> Run:
    """A run whose lease has so many seconds left."""
    run = a_run()
    lease.claim(run.pk, worker="w1")
    until = timezone.now() + timedelta(seconds=left)
    Run.objects.filter(pk=run.pk).update(lease_until=until, **given)
    return run


def a_worker_lives(valkey: redis.Redis) -> None:
    seconds, _ = valkey.time()
    valkey.zadd(WORKERS_KEY, {"w9": seconds})


@pytest.mark.django_db
def test_queued_run_says_when_there_is_no_worker(valkey: redis.Redis) -> None:
    run = a_run()
    assert notice_of(run.pk) == QUEUED_ALONE
    a_worker_lives(valkey)
    assert notice_of(run.pk) == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("left", "words"), [(9.0, ""), (6.0, ""), (4.0, UNHEARD), (-1.0, LOST)]
)
def test_running_run_tells_of_a_lease_that_is_not_renewed(
    valkey: redis.Redis, left: float, words: str
) -> None:
    a_worker_lives(valkey)
    assert notice_of(held(left=left).pk) == words


@pytest.mark.django_db
@pytest.mark.usefixtures("valkey")
def test_lost_run_says_when_nobody_else_can_take_it() -> None:
    assert notice_of(held(left=-1).pk) == LOST_ALONE


@pytest.mark.django_db
@pytest.mark.usefixtures("valkey")
def test_ended_run_has_no_notice() -> None:
    assert notice_of(held(left=-1, status=RunStatus.DONE).pk) == ""


class Said(Notice):
    """A notice that is what a test says."""

    said = ""
    asked = 0

    async def words(self) -> str:
        self.asked += 1
        return self.said


@pytest.fixture
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(companies, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(companies, "QUIET_SECONDS", 0.05)
    monkeypatch.setattr(companies, "PING_SECONDS", 0.2)


def said_of(frames: list[str]) -> list[tuple[str, str | None]]:
    read = [json.loads(frame) for frame in frames]
    return [(frame["k"], frame.get("words")) for frame in read]


@pytest.mark.usefixtures("_hurried")
async def test_notice_is_told_once_and_again_after_the_feed_went_on() -> None:
    frames: list[str] = []
    notice = Said(a_run_id())

    async def send(frame: str) -> None:
        frames.append(frame)

    async with company(send, notice) as kept:
        notice.said = LOST
        await asyncio.sleep(0.15)
        assert said_of(frames) == [("notice", LOST)]
        kept.heard()
        await asyncio.sleep(0.03)
        assert len(frames) == 1
        await asyncio.sleep(0.1)
        notice.said = ""
        await asyncio.sleep(0.1)
    assert said_of(frames) == [("notice", LOST), ("notice", LOST), ("notice", "")]


@pytest.mark.usefixtures("_hurried")
async def test_quiet_socket_pings_and_a_busy_one_does_not_ask() -> None:
    frames: list[str] = []
    notice = Said(a_run_id())

    async def send(frame: str) -> None:
        frames.append(frame)

    async with company(send, notice) as kept:
        for _ in range(30):
            kept.heard()
            await asyncio.sleep(0.01)
        assert (frames, notice.asked) == ([], 0)
        await asyncio.sleep(0.3)
    assert set(said_of(frames)) == {("ping", None)}


@pytest.mark.usefixtures("_hurried")
async def test_programs_are_kept_no_company() -> None:
    frames: list[str] = []

    async def send(frame: str) -> None:
        frames.append(frame)

    async with company(send, None):
        await asyncio.sleep(0.3)
    assert frames == []


def a_run_id() -> Any:
    return Run().pk
