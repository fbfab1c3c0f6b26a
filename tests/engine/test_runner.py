"""The driver with a fake wire: order of commits and words, time-outs, ends of all kinds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from playground.engine.errors import Fenced, ServerFailed
from playground.engine.events import (
    CallEnded,
    Cancel,
    DraftDone,
    Event,
    Row,
    RunEnded,
    SendCall,
    Start,
    Tick,
)
from playground.engine.providers.wire import Finished, Piece, Sent
from playground.engine.runner import drive, utf16_units
from playground.engine.usage import Usage
from tests.engine.house import Json, aggregate, draft, hand, recipe, slot

Script = Callable[[SendCall], AsyncIterator[Sent | Piece | Finished]]
SINGLE = recipe(draft(slot(retries=0)))


class Loop:
    """A clock, a store and a voice that write down what they are asked, in order."""

    def __init__(self, *, fenced_at: int = 99) -> None:
        self.zero = asyncio.get_running_loop().time()
        self.rows: list[Row] = []
        self.said: list[Any] = []
        self.commits = 0
        self.fenced_at = fenced_at
        self.inbox: asyncio.Queue[Event] = asyncio.Queue()

    def now(self) -> int:
        return int((asyncio.get_running_loop().time() - self.zero) * 1000)

    async def commit(self, rows: Sequence[Row]) -> None:
        self.commits += 1
        if self.commits >= self.fenced_at:
            raise Fenced
        self.rows += rows
        self.said.append("commit")

    def delta(self, key: str, n: int, offset: int, text: str) -> None:
        self.said.append((key, n, offset, text))

    def reasoning(self, key: str, n: int, chars: int) -> None:
        self.said.append((n, chars))

    def waits(self, key: str, n: int, why: str) -> None:
        self.said.append((key, n, why))

    def rows_said(self, rows: Sequence[Row]) -> None:
        self.said.append([row.kind for row in rows])

    async def drive(self, document: Json, script: Script) -> RunEnded:
        machine = hand(document).machine
        await drive(
            machine,
            start=Start(0),
            store=self,
            voice=_Voice(self),
            calls=script,
            clock=self,
            inbox=self.inbox,
        )
        assert machine.ended is not None
        return machine.ended

    def ends(self) -> list[CallEnded]:
        return [row for row in self.rows if isinstance(row, CallEnded)]


class _Voice:
    def __init__(self, loop: Loop) -> None:
        self.delta = loop.delta
        self.reasoning = loop.reasoning
        self.waits = loop.waits
        self.rows = loop.rows_said


async def _say(*parts: Piece | Finished | Exception) -> AsyncIterator[Piece | Finished]:
    for part in parts:
        if isinstance(part, Exception):
            raise part
        yield part


def says(*parts: Piece | Finished | Exception) -> Script:
    return lambda _: _say(*parts)


class Hanging:
    """A wire that says one word and then nothing, and knows how many are open."""

    def __init__(self, word: str = "so") -> None:
        self.word = word
        self.open = 0
        self.began = asyncio.Event()

    async def __call__(self, call: SendCall) -> AsyncIterator[Piece | Finished]:
        self.open += 1
        try:
            yield Piece(self.word)
            self.began.set()
            await asyncio.sleep(60)
        finally:
            self.open -= 1


STOP = Finished(Usage(3, 0, 2), "stop")


async def test_rows_are_committed_before_they_are_said_and_deltas_before_the_end() -> (
    None
):
    loop = Loop()
    ended = await loop.drive(SINGLE, says(Piece("a"), Piece("b", "hm"), STOP))
    assert ended.status == "done"
    assert loop.said == [
        "commit",
        ["started", "layer_opened", "call_opened"],
        ("1.A.1", 1, 0, "a"),
        (1, 2),
        ("1.A.1", 1, 1, "b"),
        "commit",
        ["draft_done", "call_ended", "layer_closed", "run_ended"],
    ]
    assert loop.rows[3] == DraftDone("1.A.1", 1, "fast", "ab", "hm")
    assert loop.ends()[0].finish_reason == "stop"
    assert loop.ends()[0].cost_nanos == 5000


async def test_offsets_count_utf16_units() -> None:
    loop = Loop()
    await loop.drive(SINGLE, says(Piece("é🙂"), Piece("x"), Piece("y"), STOP))
    deltas = [said for said in loop.said if len(said) == 4 and said[0] == "1.A.1"]
    assert [(offset, text) for _, _, offset, text in deltas] == [
        *((0, "é🙂"), (3, "x"), (4, "y")),
    ]
    assert utf16_units("🙂a") == len("🙂a".encode("utf-16-le")) // 2


async def test_stream_that_ends_without_its_end_is_cut() -> None:
    loop = Loop()
    ended = await loop.drive(SINGLE, says(Piece("half")))
    assert ended.reason == "no_answer"
    fault = loop.ends()[0].error
    assert fault is not None
    assert fault.kind == "cut"
    assert loop.ends()[0].cost_nanos


async def test_retry_waits_and_begins_its_text_afresh() -> None:
    scripts = [
        says(Piece("ha"), ServerFailed("busy", after=0.02)),
        says(Piece("ok"), STOP),
    ]
    loop = Loop()
    ended = await loop.drive(
        recipe(draft(slot())), lambda call: scripts[call.n - 1](call)
    )
    assert ended.status == "done"
    assert ("1.A.1", 1, 0, "ha") in loop.said
    assert ("1.A.1", 2, 0, "ok") in loop.said
    retry_at = loop.ends()[0].retry_at
    assert retry_at is not None
    assert loop.ends()[1].at >= retry_at


@pytest.mark.parametrize("error", [RuntimeError("boom sk-secret"), TimeoutError()])
async def test_unforeseen_error_of_a_call_is_recorded(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    loop = Loop()
    ended = await loop.drive(SINGLE, says(Piece("a"), error))
    fault = loop.ends()[0].error
    assert fault is not None
    assert fault.message == (
        f"the call broke inside this program ({type(error).__name__}): see its log"
    )
    assert ended.reason == "no_answer"
    assert "call 1 of 1.A.1 broke" in caplog.text


async def test_cancel_closes_every_call_and_settles_what_was_heard() -> None:
    wire, loop = Hanging("spoken"), Loop()
    task = asyncio.create_task(
        loop.drive(recipe(draft(slot(), slot()), aggregate()), wire)
    )
    await wire.began.wait()
    loop.inbox.put_nowait(Cancel(loop.now()))
    ended = await task
    assert (ended.status, wire.open) == ("cancelled", 0)
    assert [row.status for row in loop.ends()] == ["cancelled", "cancelled"]
    assert [row.usage and row.usage.tokens_out for row in loop.ends()] == [2, 2]
    assert all(row.first_token_ms is not None for row in loop.ends())


async def test_fenced_worker_stops_its_calls_and_says_nothing_more() -> None:
    wire, loop = Hanging(), Loop(fenced_at=2)
    task = asyncio.create_task(loop.drive(SINGLE, wire))
    await wire.began.wait()
    said = list(loop.said)
    loop.inbox.put_nowait(Cancel(loop.now()))
    with pytest.raises(Fenced):
        await task
    assert (loop.said, wire.open) == (said, 0)


async def test_cancelled_driver_leaves_no_call_open() -> None:
    wire, loop = Hanging(), Loop()
    task = asyncio.create_task(loop.drive(SINGLE, wire))
    await wire.began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert wire.open == 0


async def test_straggler_is_closed_while_the_next_layer_is_written() -> None:
    wire, loop = Hanging(), Loop()

    def mixed(call: SendCall) -> AsyncIterator[Piece | Finished]:
        return wire(call) if call.key == "1.B.1" else _say(Piece("a"), STOP)

    document = recipe(draft(slot(), slot(), quorum=1, grace_s=0.05), aggregate())
    ended = await loop.drive(document, mixed)
    assert (ended.status, ended.degraded, wire.open) == ("done", True, 0)


async def test_driver_waits_for_what_comes_when_nothing_is_due() -> None:
    loop = Loop()
    machine = hand(SINGLE).machine
    loop.inbox.put_nowait(Start(0))
    await drive(
        machine,
        start=Tick(0),
        store=loop,
        voice=_Voice(loop),
        calls=says(Piece("a"), STOP),
        clock=loop,
        inbox=loop.inbox,
    )
    assert machine.ended is not None
    assert loop.commits == 2


async def test_call_that_was_sent_and_given_up_says_so() -> None:
    async def script(call: SendCall) -> AsyncIterator[Sent | Piece | Finished]:
        yield Sent()
        await asyncio.sleep(60)

    loop = Loop()
    document = recipe(draft(slot(retries=0, timeout_s=0.05)))
    await loop.drive(document, script)
    (end,) = loop.ends()
    assert end.error is not None
    assert end.error.kind == "timeout"
    assert end.usage is not None
    assert (end.usage.tokens_in, end.usage.tokens_out) == (26, 0)
