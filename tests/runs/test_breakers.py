"""Breakers of several workers, who share a Valkey, and of one that has none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import orjson
import pytest
import redis
import redis.asyncio
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from playground.api.figures import figures
from playground.catalog.models import Provider
from playground.db.redis import redis_now
from playground.engine.errors import CallError, Paused, RequestRefused, ServerFailed
from playground.engine.providers.breaker import FIRST_PAUSE_S, MOST_FAILURES
from playground.engine.providers.wire import Endpoint, Piece
from playground.runs.execution import breakers as module
from playground.runs.execution.breakers import Breakers
from playground.runs.queries import BREAKERS_KEY, paused_providers
from tests.people import Cast

ENDPOINT = Endpoint("stub", "http://x/v1", key="one")
BUSY = ServerFailed("stub failed on its side (503): busy", status=503)


@asynccontextmanager
async def workers(url: str, count: int) -> AsyncIterator[list[Breakers]]:
    clients = [
        redis.asyncio.Redis.from_url(url, retry=Retry(NoBackoff(), 1))
        for _ in range(count)
    ]
    made = [Breakers(client) for client in clients]
    try:
        yield made
    finally:
        for each, client in zip(made, clients, strict=True):
            await asyncio.gather(*each._tasks, return_exceptions=True)
            await client.aclose()


async def call(
    worker: Breakers,
    draft: str = "a",
    *,
    error: CallError | None = None,
    seconds: float = 0.0,
    endpoint: Endpoint = ENDPOINT,
) -> str:
    """One call, and what came of it."""
    try:
        async with worker.of(endpoint).attempt(draft) as attempt:
            await asyncio.sleep(seconds)
            if error is not None:
                raise error
            attempt.heard(Piece("text"))
    except Paused:
        return "paused"
    except CallError:
        return "failed"
    return "done"


async def fail(worker: Breakers, times: int = MOST_FAILURES) -> None:
    for n in range(times):
        await call(worker, f"draft {n}", error=BUSY)
    await asyncio.gather(*worker._tasks)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Pauses of a tenth of their length."""
    clock = module._now
    monkeypatch.setattr(module, "_now", lambda: clock() * 10)
    return lambda: asyncio.sleep(FIRST_PAUSE_S / 10 + 0.01)


async def test_pause_holds_in_all_workers(valkey: redis.Redis, valkey_url: str) -> None:
    async with workers(valkey_url, 2) as (one, other):
        assert await call(other) == "done"
        await fail(one)

        assert await call(one) == "paused"
        await other.share()
        assert await call(other) == "paused"
        with pytest.raises(
            Paused, match=r"Nothing was sent\. The last one: stub failed"
        ):
            other.of(ENDPOINT).check()
    told = paused_providers()["stub"]
    assert 0 < told.seconds <= FIRST_PAUSE_S
    assert told.why == BUSY.message


async def test_worker_that_begins_later_knows_of_the_pause(
    valkey: redis.Redis, valkey_url: str
) -> None:
    async with workers(valkey_url, 2) as (one, late):
        await fail(one)
        late.of(ENDPOINT)
        await late.share()

        assert await call(late) == "paused"


async def test_one_call_of_all_workers_probes_and_then_all_go(
    valkey: redis.Redis, valkey_url: str, quick: Callable[[], Any]
) -> None:
    async with workers(valkey_url, 2) as (one, other):
        other.of(ENDPOINT)
        await fail(one)
        await other.share()
        await quick()
        going: list[str] = []

        async def go(worker: Breakers, name: str) -> None:
            async with worker.of(ENDPOINT).attempt(name) as attempt:
                going.append(name)
                await asyncio.sleep(0.05)
                attempt.heard(Piece("text"))

        tasks = [
            asyncio.create_task(go(worker, name))
            for worker, name in ((one, "a"), (one, "b"), (other, "c"), (other, "d"))
        ]
        await asyncio.sleep(0.03)
        assert going == ["a"]
        await asyncio.sleep(0.05)
        await one.share()
        await other.share()
        await asyncio.wait_for(asyncio.gather(*tasks), 3)

        assert sorted(going) == ["a", "b", "c", "d"]
        assert await call(one) == await call(other) == "done"
    assert valkey.hgetall(BREAKERS_KEY) == {}
    assert paused_providers() == {}


async def test_probe_that_fails_pauses_for_longer(
    valkey: redis.Redis, valkey_url: str, quick: Callable[[], Any]
) -> None:
    async with workers(valkey_url, 1) as (one,):
        await fail(one)
        await quick()

        assert await call(one, error=BUSY) == "failed"
        await asyncio.gather(*one._tasks)
        assert await call(one) == "paused"
    assert orjson.loads(valkey.hget(BREAKERS_KEY, "stub") or b"")["times"] == 2


async def test_probe_that_is_refused_shows_that_the_provider_answers(
    valkey: redis.Redis, valkey_url: str, quick: Callable[[], Any]
) -> None:
    async with workers(valkey_url, 1) as (one,):
        await fail(one)
        await quick()

        assert await call(one, error=RequestRefused("no", status=400)) == "failed"
        assert await call(one) == "done"


async def test_probe_that_is_stopped_lets_the_next_probe(
    valkey: redis.Redis, valkey_url: str, quick: Callable[[], Any]
) -> None:
    async with workers(valkey_url, 1) as (one,):
        await fail(one)
        await quick()
        stopped = asyncio.create_task(call(one, "stopped", seconds=60))
        await asyncio.sleep(0.02)
        waiting = asyncio.create_task(call(one, "next"))
        await asyncio.sleep(0.02)
        stopped.cancel()

        assert await asyncio.wait_for(waiting, 3) == "done"


async def test_stopping_and_refusals_of_prompts_never_pause(
    valkey: redis.Redis, valkey_url: str
) -> None:
    async with workers(valkey_url, 1) as (one,):
        for n in range(3 * MOST_FAILURES):
            await call(one, f"d{n}", error=RequestRefused("no", status=400))
            stopped = asyncio.create_task(call(one, f"d{n}", seconds=60))
            await asyncio.sleep(0)
            stopped.cancel()
            await asyncio.gather(stopped, return_exceptions=True)

        assert await call(one) == "done"


async def test_generator_that_is_closed_gives_its_probe_back(
    valkey: redis.Redis, valkey_url: str, quick: Callable[[], Any]
) -> None:
    async def stream(worker: Breakers) -> AsyncIterator[str]:
        async with worker.of(ENDPOINT).attempt("a"):
            yield "sent"

    async with workers(valkey_url, 1) as (one,):
        await fail(one)
        await quick()
        async with aclosing(stream(one)) as parts:  # type: ignore[type-var]
            assert await anext(parts) == "sent"

        assert await asyncio.wait_for(call(one), 3) == "done"


async def test_other_key_or_address_is_tried_at_once(
    valkey: redis.Redis, valkey_url: str
) -> None:
    async with workers(valkey_url, 1) as (one,):
        await fail(one)
        renewed = Endpoint("stub", "http://x/v1", key="two")

        assert await call(one, endpoint=renewed) == "done"


async def test_worker_without_redis_is_on_its_own(
    quick: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    async with workers("unix:///tmp/nowhere/v.sock", 1) as (one,):
        await fail(one)
        await one.share()
        await one.share()
        assert await call(one) == "paused"
        await quick()
        assert await call(one) == "done"
        assert await call(one) == "done"
    said = [record.message for record in caplog.records]
    assert sum("breakers are not shared" in words for words in said) == 1


@pytest.mark.django_db(transaction=True)
async def test_admins_see_who_is_held_back(
    valkey: redis.Redis, valkey_url: str
) -> None:
    async with workers(valkey_url, 1) as (one,):
        await fail(one)
    told = await asyncio.to_thread(figures)

    assert 'moa_provider_paused_seconds{provider="stub"}' in told


def test_admin_shows_it_beside_the_provider(
    valkey: redis.Redis, cast: Cast, client: Client, settings: Settings
) -> None:
    Provider.objects.create(slug="stub", name="Stub", base_url="https://x.test")
    seconds, _ = valkey.time()  # type: ignore[misc]
    words = {"until": (seconds + 30) * 1000, "times": 3, "why": "stub is <busy>"}
    valkey.hset(BREAKERS_KEY, "stub", orjson.dumps(words).decode())
    client.force_login(cast.root)
    path = reverse("admin:playground_provider_changelist")

    shown = client.get(path).content.decode()
    assert "s: stub is &lt;busy&gt;" in shown
    settings.REDIS_URL = "unix:///tmp/nowhere/v.sock"

    redis_now.cache_clear()
    assert "Redis does not answer" in client.get(path).content.decode()
