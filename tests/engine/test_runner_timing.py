"""How long calls may take, and what of it is theirs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from playground.engine.events import Cancel, SendCall
from playground.engine.providers.wire import Finished, Piece, Sent, Waits
from tests.engine.house import aggregate, draft, recipe, slot
from tests.engine.test_runner import SINGLE, STOP, Hanging, Loop


async def test_call_that_takes_too_long_is_closed_and_fails() -> None:
    wire, loop = Hanging(), Loop()
    await loop.drive(recipe(draft(slot(timeout_s=0.05, retries=0))), wire)
    fault = loop.ends()[0].error
    assert fault is not None
    assert (fault.kind, wire.open) == ("timeout", 0)


async def test_time_in_which_a_call_waits_for_its_turn_is_not_the_calls() -> None:
    async def gate(call: SendCall) -> AsyncIterator[Sent | Piece | Finished]:
        await asyncio.sleep(0.15)
        yield Sent()
        yield Piece("a")
        yield STOP

    loop = Loop()
    document = recipe(draft(slot(timeout_s=0.05, retries=0)), aggregate())
    ended = await loop.drive(document, gate)
    assert ended.status == "done"
    assert [row.status for row in loop.ends()] == ["done", "done"]


async def test_wait_for_a_turn_is_said_and_so_is_its_end() -> None:
    async def gate(call: SendCall) -> AsyncIterator[Waits | Sent | Piece | Finished]:
        if call.key == "1.A.1":
            yield Waits("turn")
        yield Sent()
        yield Piece("a")
        yield STOP

    loop = Loop()
    await loop.drive(recipe(draft(slot(), slot()), aggregate()), gate)
    about = [said for said in loop.said if isinstance(said, tuple) and said[1] == 1]
    assert about == [("1.A.1", 1, "turn"), ("1.A.1", 1, ""), ("1.A.1", 1, 0, "a")]
    assert not [said for said in loop.said if said == ("1.B.1", 2, "")]


async def test_call_that_never_has_its_turn_ends_with_its_layer() -> None:
    async def gate(call: SendCall) -> AsyncIterator[Sent | Piece | Finished]:
        await asyncio.sleep(60)
        yield Sent()

    loop = Loop()
    ended = await loop.drive(recipe(draft(slot(), timeout_s=0.1)), gate)
    assert (ended.status, len(loop.ends())) == ("failed", 1)
    assert loop.ends()[0].cost_nanos == 0


async def test_layers_timeout_is_kept_without_any_event() -> None:
    wire, loop = Hanging(), Loop()
    ended = await loop.drive(recipe(draft(slot(), timeout_s=0.05)), wire)
    assert (ended.status, wire.open) == ("failed", 0)
    assert ended.at >= 50


async def test_call_that_waits_for_its_turn_costs_nothing_when_it_is_cut_off() -> None:
    loop = Loop()
    sent = asyncio.Event()

    async def gate(call: SendCall) -> AsyncIterator[Sent | Piece | Finished]:
        if call.key == "1.A.1":
            yield Sent()
            sent.set()
        await asyncio.sleep(60)

    document = recipe(draft(slot(), slot()), aggregate())
    task = asyncio.create_task(loop.drive(document, gate))
    await sent.wait()
    loop.inbox.put_nowait(Cancel(loop.now()))
    await task
    usages = [row.usage is None for row in loop.ends()]
    costs = [row.cost_nanos for row in loop.ends()]
    assert (usages, costs) == ([False, True], [26_000, 0])


async def test_first_token_counts_from_the_call() -> None:
    async def slow(call: SendCall) -> AsyncIterator[Piece | Finished]:
        yield Piece("", "")
        await asyncio.sleep(0.03)
        yield Piece("a")
        yield STOP

    loop = Loop()
    await loop.drive(SINGLE, slow)
    first = loop.ends()[0].first_token_ms
    assert first is not None
    assert first >= 25
