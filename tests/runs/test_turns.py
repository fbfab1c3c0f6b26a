"""Turns at a provider, shared by two workers over a real Valkey."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
import redis

from playground.engine.errors import RateLimited
from playground.runs.execution.turns import gate as gates_of_one
from playground.runs.execution.turns import wire
from tests.runs.turning import Watch, client, provider, workers

pytestmark = pytest.mark.usefixtures("valkey")
FOUR = provider(parallel=4)


async def test_two_workers_share_the_places_and_use_all_of_them(
    valkey_url: str,
) -> None:
    watch = Watch()
    async with workers(valkey_url, "one", "two") as (one, two):
        began = time.monotonic()
        calls = [
            watch.call(each, FOUR, run, seconds=0.05)
            for each, run in ((one, "a"), (two, "b"))
            for _ in range(20)
        ]
        await asyncio.gather(*calls)
        took = time.monotonic() - began
    assert (watch.most, Counter(watch.order)) == (4, {"a": 20, "b": 20})
    assert took < 1.4 * 40 / 4 * 0.05


async def test_runs_have_their_turns_one_after_the_other(valkey_url: str) -> None:
    """Whoever asked first, and in whichever worker."""
    watch, one_place = Watch(), provider(parallel=1)
    async with workers(valkey_url, "one", "two") as (one, two):
        first = asyncio.create_task(watch.call(one, one_place, "x", seconds=0.2))
        await asyncio.sleep(0.05)
        asked = [(one, "a")] * 4 + [(two, "b")] * 4 + [(one, "c"), (two, "d")]
        waiting = []
        for each, run in asked:
            waiting.append(asyncio.create_task(watch.call(each, one_place, run)))
            await asyncio.sleep(0.005)
        await asyncio.gather(first, *waiting)
    assert "".join(watch.order) == "xabcdababab"


async def test_calls_of_a_run_go_in_the_order_of_asking(valkey_url: str) -> None:
    order: list[int] = []
    async with workers(valkey_url, "one") as (one,):

        async def call(number: int) -> None:
            endpoint = provider(parallel=1)
            async with one.turn(endpoint, run="a", patience=9) as turn:
                await turn.come()
                order.append(number)

        await asyncio.gather(*(call(number) for number in range(12)))
    assert order == list(range(12))


async def test_run_with_one_call_waits_for_one_turn_and_not_for_twenty(
    valkey_url: str,
) -> None:
    watch = Watch()
    async with workers(valkey_url, "one", "two") as (one, two):
        many = [
            asyncio.create_task(watch.call(one, FOUR, "many", seconds=0.05))
            for _ in range(20)
        ]
        await asyncio.sleep(0.02)
        await watch.call(two, FOUR, "single", seconds=0.05)
        await asyncio.gather(*many)
    # Four have places when it asks, and four more get theirs at the same time as it.
    assert watch.order.index("single") < 8


async def test_requests_per_minute_hold_for_all_workers(valkey_url: str) -> None:
    watch, paced = Watch(), provider(rate=600)
    async with workers(valkey_url, "one", "two") as (one, two):
        calls = [watch.call(each, paced, "a") for each in (one, two) for _ in range(34)]
        await asyncio.gather(*calls)
    times = sorted(watch.times)
    assert times[59] - times[0] < 0.3
    gaps = [later - sooner for sooner, later in pairwise(times[60:])]
    assert sum(gaps) == pytest.approx(7 * 60 / 540, rel=0.15)


async def test_tokens_per_minute_are_reserved_and_put_right_by_usage(
    valkey_url: str,
) -> None:
    endpoint = provider(tokens=6000)
    kept = client(valkey_url)
    async with workers(valkey_url, "one") as (one,):
        await Watch().call(one, endpoint, "a", weight=550, used=50)
        await asyncio.sleep(0.05)
        level = float(await kept.hget("moa:turns:stub:pace", "tokens"))  # type: ignore[misc]
        assert level == pytest.approx(550, abs=20)
        watch = Watch()
        await watch.call(one, endpoint, "a", weight=640)
        waits = asyncio.create_task(watch.call(one, endpoint, "a", weight=10))
        await asyncio.sleep(0.3)
        assert len(watch.times) == 1
        await waits
    await kept.aclose()
    # 90 tokens too many, and one to go on with, at 5400 a minute.
    assert watch.times[1] - watch.times[0] == pytest.approx(1.0, abs=0.3)


async def test_call_that_gives_up_while_it_waits_leaves_nothing(
    valkey: redis.Redis, valkey_url: str
) -> None:
    watch, narrow = Watch(), provider(parallel=1, rate=600)
    async with workers(valkey_url, "one", "two") as (one, two):
        first = asyncio.create_task(watch.call(one, narrow, "a", seconds=0.15))
        await asyncio.sleep(0.05)
        waiting = [asyncio.create_task(watch.call(two, narrow, "b")) for _ in range(3)]
        await asyncio.sleep(0.05)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await first
        await asyncio.sleep(0.1)
        left = {part: valkey.zcard(f"moa:turns:stub:{part}") for part in PARTS}
        assert left == dict.fromkeys(PARTS, 0)
        await asyncio.wait_for(watch.call(one, narrow, "c"), 0.5)
    assert watch.order == ["a", "c"]


PARTS = ("places", "queue", "ring")


async def test_places_of_a_dead_worker_are_free_within_its_lease(
    valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "LEASE_SECONDS", 0.6)
    monkeypatch.setattr(gates_of_one, "RENEW_SECONDS", 0.15)
    monkeypatch.setattr(gates_of_one, "ASK_SECONDS", 0.15)
    watch = Watch()
    async with workers(valkey_url, "dead", "alive") as (dead, alive):
        held = [
            asyncio.create_task(watch.call(dead, FOUR, "x", seconds=60))
            for _ in range(6)
        ]
        await asyncio.sleep(0.9)
        assert (watch.inside, len(held)) == (4, 6)
        # As kill -9 does: it renews nothing, gives nothing back, and asks no more.
        dead._gates["stub"]._task.cancel()  # type: ignore[union-attr]
        died = time.monotonic()
        watch.inside = watch.most = 0
        await asyncio.gather(*(watch.call(alive, FOUR, "y") for _ in range(8)))
        assert 0.3 < time.monotonic() - died < 1.0
        assert watch.order == ["x"] * 4 + ["y"] * 8
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)


async def test_places_are_kept_by_calls_longer_than_a_lease(
    valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "LEASE_SECONDS", 0.4)
    monkeypatch.setattr(gates_of_one, "RENEW_SECONDS", 0.1)
    watch = Watch()
    async with workers(valkey_url, "one", "two") as (one, two):
        endpoint = provider(parallel=1)
        long = asyncio.create_task(watch.call(one, endpoint, "a", seconds=1.2))
        await asyncio.sleep(0.05)
        await asyncio.gather(long, watch.call(two, endpoint, "b"))
    assert (watch.most, watch.times[1] - watch.times[0] > 1.15) == (1, True)


async def test_store_that_lost_its_memory_is_told_who_is_in_before_any_other_goes(
    valkey: redis.Redis, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "SETTLE_SECONDS", 0.6)
    monkeypatch.setattr(gates_of_one, "RENEW_SECONDS", 0.2)
    watch = Watch()
    async with workers(valkey_url, "one", "two") as (one, two):
        await watch.call(two, FOUR, "a")
        long = [
            asyncio.create_task(watch.call(one, FOUR, "a", seconds=2.5))
            for _ in range(3)
        ]
        await asyncio.sleep(0.2)
        valkey.flushall()
        await asyncio.gather(
            *(watch.call(two, FOUR, "b", seconds=0.1) for _ in range(8))
        )
        assert (watch.most, watch.inside) == (4, 3)
        await asyncio.gather(*long)


async def test_place_whose_message_was_lost_is_found_by_asking(
    valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gates_of_one, "ASK_SECONDS", 0.2)
    watch, narrow = Watch(), provider(parallel=1)
    async with workers(valkey_url, "one", "deaf") as (one, deaf):
        deaf._hear = lambda *_: None  # type: ignore[method-assign]
        first = asyncio.create_task(watch.call(one, narrow, "a", seconds=0.1))
        await asyncio.sleep(0.05)
        await asyncio.wait_for(watch.call(deaf, narrow, "b"), 0.6)
        await first
    assert watch.order == ["a", "b"]


async def test_changed_limits_count_for_who_waits_already(valkey_url: str) -> None:
    watch = Watch()
    async with workers(valkey_url, "one") as (one,):
        narrow, wide = provider(parallel=1), provider(parallel=3)
        calls = [
            asyncio.create_task(watch.call(one, narrow, "a", seconds=0.3))
            for _ in range(3)
        ]
        await asyncio.sleep(0.1)
        assert watch.inside == 1
        await watch.call(one, wide, "b")
        assert watch.most == 3
        await asyncio.gather(*calls)


async def test_provider_without_limits_costs_no_word_with_redis(
    valkey: redis.Redis, valkey_url: str
) -> None:
    async with workers(valkey_url, "one") as (one,):
        before: Any = valkey.info("commandstats")
        watch = Watch()
        await asyncio.gather(*(watch.call(one, provider(), "a") for _ in range(50)))
        after: Any = valkey.info("commandstats")
    after.pop("cmdstat_info")
    before.pop("cmdstat_info", None)
    assert {name: each["calls"] for name, each in after.items()} == {
        name: each["calls"] for name, each in before.items()
    }
    assert (len(watch.order), watch.most) == (50, 50)


async def refuse(gates: Any, endpoint: Any, *, after: float | None) -> None:
    async with gates.turn(endpoint, run="a", patience=60) as turn:
        await turn.come()
        raise RateLimited("too many", status=429, after=after)


@pytest.mark.parametrize("endpoint", [provider(), FOUR], ids=["free", "limited"])
async def test_pause_that_a_provider_asks_for_holds_in_all_workers(
    valkey_url: str, endpoint: Any
) -> None:
    watch = Watch()
    async with workers(valkey_url, "one", "two") as (one, two):
        with pytest.raises(RateLimited):
            await refuse(one, endpoint, after=0.6)
        paused = time.monotonic()
        await asyncio.sleep(0.05)
        other = provider(parallel=4, slug="other")
        await asyncio.wait_for(watch.call(two, other, "b"), 0.2)
        turn = two.turn(endpoint, run="b", patience=60)
        async with turn:
            assert await turn.come(within=0.05) == "pause"
        await asyncio.gather(
            *(watch.call(each, endpoint, "b") for each in (one, two, two))
        )
    assert [at - paused > 0.55 for at in watch.times] == [False, True, True, True]
    assert max(watch.times) - paused < 0.9


async def test_worker_that_comes_later_knows_of_the_pause(valkey_url: str) -> None:
    async with workers(valkey_url, "one") as (one,):
        with pytest.raises(RateLimited):
            await refuse(one, provider(), after=30)
        await asyncio.sleep(0.1)
    async with (
        workers(valkey_url, "two") as (two,),
        two.turn(provider(), run="b", patience=60) as turn,
    ):
        assert await turn.come(within=0.05) == "pause"


async def test_pause_longer_than_a_call_may_take_is_told_and_not_waited_for(
    valkey_url: str,
) -> None:
    """So that a fallback gets its chance, as after a refusal by the provider itself."""
    async with workers(valkey_url, "one") as (one,):
        with pytest.raises(RateLimited):
            await refuse(one, FOUR, after=30)
        with pytest.raises(RateLimited, match="Nothing was sent") as refused:
            await Watch().call(one, FOUR, "b", patience=5)
    assert refused.value.after == pytest.approx(30, abs=1)
    assert refused.value.status is None


async def test_refusal_without_a_time_pauses_nobody(valkey_url: str) -> None:
    async with workers(valkey_url, "one") as (one,):
        with pytest.raises(RateLimited):
            await refuse(one, FOUR, after=None)
        await asyncio.wait_for(Watch().call(one, FOUR, "b"), 0.3)
