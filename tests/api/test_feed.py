"""Listening to a run, with a hub that says what the test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from redis.exceptions import ConnectionError as RedisDown

from playground.api import feed
from playground.runs.feed import Entry
from playground.runs.models import Run

END = Entry("1-2", {"t": 1, "k": "end"})
SAID = Entry("1-1", {"t": 0, "k": "run"})


class FakeHub:
    def __init__(self, watch: Callable[[], AsyncIterator[Entry]]) -> None:
        self._watch = watch

    def watch(self, run: Run) -> AsyncIterator[Entry]:
        del run
        return self._watch()


async def listen(
    monkeypatch: pytest.MonkeyPatch,
    watch: Callable[[], AsyncIterator[Entry]],
    *,
    over: list[bool],
) -> list[Entry | None]:
    async def is_over(run: Run) -> bool:
        del run
        return over.pop(0) if len(over) > 1 else over[0]

    monkeypatch.setattr(feed, "hub", lambda: FakeHub(watch))
    monkeypatch.setattr(feed, "_is_over", is_over)
    return [entry async for entry in feed.heard(Run(), beat_seconds=0.05)]


async def test_entries_come_in_order_up_to_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def watch() -> AsyncIterator[Entry]:
        yield SAID
        yield END
        raise AssertionError("nothing is read after the end")

    assert await listen(monkeypatch, watch, over=[False]) == [SAID, END]


async def test_silence_is_broken_by_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    async def watch() -> AsyncIterator[Entry]:
        await asyncio.sleep(0.13)
        yield END

    assert await listen(monkeypatch, watch, over=[False]) == [None, None, END]


async def test_a_busy_feed_does_not_silence_the_beats(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def watch() -> AsyncIterator[Entry]:
        for _ in range(15):
            await asyncio.sleep(0.01)
            yield SAID
        yield END

    heard = await listen(monkeypatch, watch, over=[False])
    assert heard.count(SAID) == 15
    assert heard.count(None) >= 2


async def test_a_lost_feed_leaves_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    async def watch() -> AsyncIterator[Entry]:
        yield SAID
        raise RedisDown("gone")

    heard = await listen(monkeypatch, watch, over=[False, True])
    assert [entry for entry in heard if entry] == [SAID]


async def test_a_feed_that_never_ends_is_left_when_the_run_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed = asyncio.Event()

    async def watch() -> AsyncIterator[Entry]:
        try:
            await asyncio.sleep(60)
            yield END
        finally:
            closed.set()

    assert await listen(monkeypatch, watch, over=[True]) == [None]
    assert closed.is_set()
