"""Turns while Redis is away: a part of the limits for each worker, and back again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.runs.execution.turns import gate as gates_of_one
from playground.runs.execution.turns import wire
from tests.redis_fixtures import Store
from tests.runs.turning import Watch, provider, workers

FOUR = provider(parallel=4)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    store.start()
    deadline = time.monotonic() + 5
    while not store.door.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield store
    store.stop()


async def test_each_worker_admits_its_part_until_redis_is_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "SETTLE_SECONDS", 0.5)
    monkeypatch.setattr(gates_of_one, "RENEW_SECONDS", 0.2)
    async with workers(store.url, "one", "two") as (one, two):
        await Watch().call(one, FOUR, "a")
        store.stop()
        parts = [Watch(), Watch()]
        calls = [
            asyncio.create_task(part.call(each, FOUR, "b", seconds=0.2))
            for each, part in zip((one, two), parts, strict=True)
            for _ in range(6)
        ]
        await asyncio.gather(*calls)
        assert [part.most for part in parts] == [2, 2]

        store.start()
        await asyncio.sleep(0.1)
        watch = Watch()
        calls = [
            asyncio.create_task(watch.call(one, FOUR, "c", seconds=0.3))
            for _ in range(12)
        ]
        await asyncio.gather(*calls)
        assert watch.most == 4


async def test_pace_goes_on_without_redis_and_is_never_a_burst(store: Store) -> None:
    watch, paced = Watch(), provider(rate=600)
    async with workers(store.url, "one") as (one,):
        await asyncio.gather(*(watch.call(one, paced, "a") for _ in range(60)))
        store.stop()
        began = time.monotonic()
        await asyncio.gather(*(watch.call(one, paced, "a") for _ in range(9)))
    assert time.monotonic() - began > 8 * 60 / 540
    assert len(watch.order) == 69


async def test_worker_that_never_met_redis_admits_within_the_limits(
    tmp_path: Path,
) -> None:
    watch = Watch()
    async with workers(f"unix://{tmp_path}/none.sock", "one") as (one,):
        calls = (watch.call(one, FOUR, "a", seconds=0.05) for _ in range(12))
        await asyncio.wait_for(asyncio.gather(*calls), 5)
    assert (len(watch.order), watch.most) == (12, 4)
