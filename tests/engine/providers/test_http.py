"""Good answers over TCP, whatever shape they come in."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from playground.engine.messages import Message
from playground.engine.providers.redaction import HIDDEN
from playground.engine.providers.wire import CallRequest, Finished, Sent
from playground.engine.usage import Usage
from tests.engine.providers.conftest import KEY, QUICK, Caller


async def test_call_brings_text_usage_and_reason(call: Caller) -> None:
    told = await call("m-5-3-1")
    seen = call.stub.calls[0]
    assert told.text == f"{seen.marker}: w1 w2 w3 "
    assert told.finished == Finished(Usage(tokens_in=2, tokens_out=3), "stop")


async def test_request_is_minimal_and_plain(call: Caller) -> None:
    messages = (Message("system", "be brief"), Message("user", "hé"))
    request = CallRequest(
        call.endpoint(), "ok", messages, {"max_tokens": 9, "stop": [], "seed": None}
    )
    async with aclosing(call.client.stream(request)) as stream:
        _ = [item async for item in stream]
    assert call.stub.calls[0].body == {
        "model": "ok",
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "hé"},
        ],
        "max_tokens": 9,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_params_reach_the_wire_and_extra_cannot_lift_the_cap(
    call: Caller,
) -> None:
    params: dict[str, object] = {
        "temperature": 0.5,
        "top_p": 0.9,
        "seed": 7,
        "stop": ("END",),
        "reasoning_effort": "low",
        "extra": {"top_k": 3, "max_tokens": 10**6, "model": "dear", "n": 9},
    }
    await call("ok", params=params)
    body = call.stub.calls[0].body
    assert {name: body.get(name) for name in ("temperature", "top_p", "seed")} == {
        "temperature": 0.5,
        "top_p": 0.9,
        "seed": 7,
    }
    assert body["stop"] == ["END"]
    assert body["reasoning_effort"] == "low"
    assert (body["top_k"], body["max_tokens"], body["model"]) == (3, 64, "ok")
    assert "n" not in body


async def test_usage_in_two_events_is_put_together_with_what_was_cached(
    call: Caller,
) -> None:
    finished = (await call("fault-two-usages")).finished
    assert finished is not None
    assert finished.usage == Usage(tokens_in=352, cached=300, tokens_out=25)


async def test_headers_carry_the_key_and_decline_compression(call: Caller) -> None:
    await call("ok")
    headers = call.stub.calls[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["accept-encoding"] == "identity"


async def test_no_key_sends_no_authorization(call: Caller) -> None:
    await call("ok", key=None)
    assert "authorization" not in call.stub.calls[0].headers


async def test_half_a_character_in_a_prompt_is_sent_as_a_question_mark(
    call: Caller,
) -> None:
    await call("ok", prompt="a\ud83db")
    assert call.stub.calls[0].text == "a?b"


async def test_connections_are_kept_for_the_next_call(call: Caller) -> None:
    for _ in range(3):
        await call("m-0-3-1")
    assert len({seen.port for seen in call.stub.calls}) == 1


async def test_connections_are_closed_when_the_endpoint_asks(call: Caller) -> None:
    for _ in range(2):
        await call("ok", keep_alive=False)
    assert len({seen.port for seen in call.stub.calls}) == 2
    assert call.stub.calls[0].headers["connection"] == "close"


async def test_cookies_do_not_come_back(call: Caller) -> None:
    await call("fault-cookies")
    await call("ok")
    assert "cookie" not in call.stub.calls[1].headers


async def test_many_calls_run_at_once(call: Caller) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    told = await asyncio.gather(*(call("m-400-1-0") for _ in range(150)))
    assert {one.finished is not None for one in told} == {True}
    # In two waves, as with a pool of 100, it would take 0.8 s for the waits alone.
    starts = sorted(seen.at for seen in call.stub.calls)
    ends = [seen.ended_at or 0 for seen in call.stub.calls]
    assert starts[-1] < min(ends), f"took {loop.time() - began:.1f} s"


async def test_call_without_room_for_its_connection_is_not_sent(call: Caller) -> None:
    call.client._room = asyncio.Semaphore(0)
    stream = call.client.stream(call.request("ok"))
    first = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.05)
    assert not first.done()
    call.client._room.release()
    assert await first == Sent()
    await stream.aclose()


async def test_closing_the_iterator_closes_the_socket(call: Caller) -> None:
    stream = call.client.stream(call.request("fault-stall"))
    async with aclosing(stream):
        assert await anext(stream) == Sent()
        await anext(stream)
    await asyncio.sleep(0.2)
    assert call.stub.calls[0].disconnected


@pytest.mark.parametrize("model", ["fault-silent", "fault-stall"])
async def test_cancelling_the_task_closes_the_socket(call: Caller, model: str) -> None:
    task = asyncio.create_task(call(model))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.2)
    assert call.stub.calls[0].disconnected


async def test_a_slow_reader_is_no_silent_provider(call: Caller) -> None:
    limits = QUICK.__class__(connect=1, first_token=1, idle=0.2, total=5)
    stream = call.client.stream(call.request("m-0-2-50", timeouts=limits))
    async with aclosing(stream):
        assert await anext(stream) == Sent()
        await anext(stream)
        await asyncio.sleep(0.5)
        rest = [item async for item in stream]
    assert isinstance(rest[-1], Finished)


@pytest.mark.parametrize(
    ("model", "text", "reason"),
    [
        ("fault-azure", "w1 ", "stop"),
        ("fault-no-done", "w1 ", "stop"),
        ("fault-only-done", "w1 ", None),
        ("fault-done-and-hang", "w1 ", "stop"),
        ("fault-finish-and-cut", "w1 ", "stop"),
        ("fault-done-twice", "w1 ", "stop"),
        ("fault-words-after-finish", "w1 w2 ", "stop"),
        ("fault-json", "all at once", "stop"),
        ("fault-json-typed-as-stream", "all at once", "stop"),
        ("fault-wrong-type", "w1 ", "stop"),
        ("fault-gzip", "w1 ", "stop"),
        ("fault-slow-head", "late ", "stop"),
        ("fault-split-1", "né 漢字 🙂 ", "stop"),
        ("fault-split-3", "né 漢字 🙂 ", "stop"),
        ("fault-split-7", "né 漢字 🙂 ", "stop"),
        ("fault-length", "w1 ", "length"),
        ("fault-odd-reason", "w1 ", "eos_token_hit"),
        ("fault-filtered-2", "w1 w2 ", "content_filter"),
        ("fault-parts", "w1 w2", "stop"),
        ("fault-odd-events", "w1 w2 w3 ", "stop"),
        ("fault-other-choice", "w1 ", "stop"),
        ("fault-halves", "a🙂b\ufffd-\ufffdc", "stop"),
        ("fault-hostile", "<script>x</script>", "stop"),
        ("fault-blank", "", "stop"),
        ("fault-only-thoughts", "", "stop"),
    ],
)
async def test_odd_answers_are_read(
    call: Caller, model: str, text: str, reason: str | None
) -> None:
    told = await call(model)
    assert told.error is None
    assert told.text == text
    assert told.finished is not None
    assert told.finished.finish_reason == reason


async def test_providers_word_for_the_end_is_made_harmless(call: Caller) -> None:
    told = await call("fault-hostile-reason")
    assert told.finished is not None
    assert told.finished.finish_reason == f"\ufffd {HIDDEN} {'x' * 200}"[:63] + "…"


async def test_the_wait_for_usage_after_the_end_is_short(call: Caller) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    limits = QUICK.__class__(connect=1, first_token=1, idle=0.3, total=5)
    told = await call("fault-finish-and-hang", timeouts=limits)
    assert told.finished == Finished(None, "stop")
    assert loop.time() - began < 1


@pytest.mark.parametrize(
    ("model", "thoughts"),
    [
        ("m-0-1-0-r2", "r1 r2 "),
        ("fault-only-thoughts", "one two three four"),
        ("fault-parts", "hm"),
        ("fault-json", "hm"),
    ],
)
async def test_thoughts_are_kept_apart(call: Caller, model: str, thoughts: str) -> None:
    assert (await call(model)).reasoning == thoughts


@pytest.mark.parametrize(
    ("model", "usage"),
    [
        ("fault-no-usage", None),
        ("fault-zero-usage", None),
        ("fault-cumulative-usage-3", Usage(tokens_in=2, tokens_out=3)),
        ("fault-json", Usage(tokens_in=2, tokens_out=2)),
        (
            "fault-rich-usage",
            Usage(tokens_in=100, cached=80, tokens_out=50, reasoning=30),
        ),
    ],
)
async def test_usage_is_the_last_that_was_said(
    call: Caller, model: str, usage: Usage | None
) -> None:
    told = await call(model)
    assert told.finished is not None
    assert told.finished.usage == usage
