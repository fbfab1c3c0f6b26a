"""A run that nobody waits for is cancelled."""

from __future__ import annotations

import asyncio

import pytest

from playground.api import presence
from playground.api.presence import Attendance
from playground.runs.models import Run


@pytest.fixture
def cancelled(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """The runs that were cancelled; the grace is short."""
    runs: list[Run] = []
    monkeypatch.setattr(presence, "_cancel_now", runs.append)
    monkeypatch.setattr(presence, "GRACE_SECONDS", 0.05)
    return runs


async def test_absence_cancels_after_the_grace(cancelled: list[Run]) -> None:
    run = Run()
    Attendance(run, stays=False).absent()
    await asyncio.sleep(0.02)
    assert cancelled == []
    await asyncio.sleep(0.1)
    assert cancelled == [run]


async def test_coming_back_in_time_keeps_the_run(cancelled: list[Run]) -> None:
    attendance = Attendance(Run(), stays=False)
    attendance.absent()
    attendance.present()
    await asyncio.sleep(0.1)
    assert cancelled == []


async def test_a_detached_run_stays(cancelled: list[Run]) -> None:
    Attendance(Run(), stays=True).absent()
    await asyncio.sleep(0.1)
    assert cancelled == []
