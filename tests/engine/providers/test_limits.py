"""The gate: places and pace, first come, first served, safe to cancel."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from playground.engine.providers.limits import Gate, Gates
from playground.engine.providers.wire import Endpoint


class Hand:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


def _endpoint(parallel: int | None = None, rate: int | None = None) -> Endpoint:
    return Endpoint(
        "stub", "http://x/v1", max_parallel=parallel, requests_per_minute=rate
    )


async def _admitted_at(rate: int, calls: int) -> list[float]:
    clock = Hand()
    gate = Gate(_endpoint(rate=rate), clock=clock, sleep=clock.sleep)
    times: list[float] = []
    for _ in range(calls):
        async with gate.admit():
            times.append(clock.now)
    return times


@pytest.mark.parametrize("rate", [1, 2, 7, 60, 600])
async def test_no_window_of_a_minute_holds_more_than_the_rate(rate: int) -> None:
    times = await _admitted_at(rate, 2 * rate + 3)
    windows = [sum(t <= other < t + 59.999 for other in times) for t in times]
    assert max(windows) <= rate


async def test_pace_is_smooth_after_the_first_tenth() -> None:
    times = await _admitted_at(60, 12)
    assert times[:6] == [0.0] * 6
    gaps = [later - sooner for sooner, later in pairwise(times[5:])]
    assert gaps == pytest.approx([60 / 54] * 6)


async def test_places_are_given_in_the_order_of_asking() -> None:
    gate = Gate(_endpoint(parallel=2))
    entered: list[int] = []
    most = 0
    inside = 0

    async def visit(n: int) -> None:
        nonlocal inside, most
        async with gate.admit():
            entered.append(n)
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.gather(*(visit(n) for n in range(8)))
    assert (entered, most) == (list(range(8)), 2)


async def test_cancelled_while_waiting_takes_no_place() -> None:
    gate = Gate(_endpoint(parallel=1))
    async with gate.admit():
        waiting = asyncio.create_task(gate.admit().__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with asyncio.timeout(1), gate.admit():
        pass


async def test_cancelled_while_pacing_gives_its_turn_and_place_on() -> None:
    now = 0.0
    started = asyncio.Event()

    async def sleep(_: float) -> None:
        started.set()
        await asyncio.Event().wait()

    gate = Gate(_endpoint(parallel=1, rate=1), clock=lambda: now, sleep=sleep)
    async with gate.admit():
        pass
    waiting = asyncio.create_task(gate.admit().__aenter__())
    await started.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    now = 61.0
    async with asyncio.timeout(1), gate.admit():
        pass


async def test_no_limits_admit_at_once() -> None:
    gate = Gate(_endpoint())
    async with asyncio.timeout(1), gate.admit(), gate.admit():
        pass


def test_gate_is_one_per_provider_until_its_limits_change() -> None:
    gates = Gates()
    first = gates.of(_endpoint(parallel=2))
    assert gates.of(_endpoint(parallel=2)) is first
    assert gates.of(_endpoint(parallel=3)) is not first
