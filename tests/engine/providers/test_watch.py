"""The limits of one call, where no wire is needed to reach them."""

from __future__ import annotations

import asyncio

import pytest

from playground.engine.errors import TimedOut
from playground.engine.providers import watch as watching
from playground.engine.providers.faults import Faults
from playground.engine.providers.watch import Watch
from playground.engine.providers.wire import Endpoint, Timeouts

FAULTS = Faults(Endpoint("stub", "http://127.0.0.1:1/v1", local=True))


def watched(cuts: list[float], **limits: float) -> Watch:
    given = {"connect": 9.0, "first_token": 9.0, "idle": 9.0, "total": 9.0} | limits
    loop = asyncio.get_running_loop()
    return Watch(Timeouts(**given), FAULTS, lambda: cuts.append(loop.time()))


async def test_what_the_caller_does_between_reads_is_not_the_providers_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "LOOK_AGAIN", 0.01)
    cuts: list[float] = []
    watch = watched(cuts, first_token=0.02)
    watch.arm()
    await asyncio.sleep(0.1)
    assert not cuts
    watch.reading = True
    await asyncio.sleep(0.05)
    assert len(cuts) == 1
    assert watch.rang
    watch.close()


async def test_text_after_the_whole_answer_gives_usage_no_more_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "AFTER_THE_END", 0.05)
    cuts: list[float] = []
    watch = watched(cuts)
    watch.content()
    watch.complete()
    watch.reading = True
    for _ in range(4):
        await asyncio.sleep(0.02)
        watch.content()
    assert len(cuts) == 1
    watch.close()


async def test_a_step_that_takes_too_long_is_timed_out() -> None:
    watch = watched([], first_token=0.02)
    with pytest.raises(TimedOut, match="sent no text"):
        await watch.wait(asyncio.sleep(5))
