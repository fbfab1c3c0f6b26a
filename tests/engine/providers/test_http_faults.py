"""Calls that fail, over TCP: each fault has its class, its wait and its message."""

from __future__ import annotations

import asyncio
import logging
import socket
import traceback
from urllib.parse import quote

import pytest

from playground.engine.errors import (
    CallError,
    ConnectFailed,
    Cut,
    Garbled,
    KeyRefused,
    PromptTooLong,
    QuotaSpent,
    RateLimited,
    RequestRefused,
    ServerFailed,
    TimedOut,
    Withheld,
)
from playground.engine.providers.wire import Timeouts
from tests.engine.providers.conftest import KEY, Caller

REFUSALS: list[tuple[str, type[CallError], int | None]] = [
    ("fault-400", RequestRefused, 400),
    ("fault-401", KeyRefused, 401),
    ("fault-402", QuotaSpent, 402),
    ("fault-403", KeyRefused, 403),
    ("fault-404", RequestRefused, 404),
    ("fault-408", RateLimited, 408),
    ("fault-413", RequestRefused, 413),
    ("fault-422", RequestRefused, 422),
    ("fault-425", RateLimited, 425),
    ("fault-429", RateLimited, 429),
    ("fault-500", ServerFailed, 500),
    ("fault-502", ServerFailed, 502),
    ("fault-503", ServerFailed, 503),
    ("fault-overloaded", ServerFailed, 529),
    ("fault-quota", QuotaSpent, 429),
    ("fault-spend-limit", QuotaSpent, 429),
    ("fault-no-credit", QuotaSpent, 400),
    ("fault-too-long", PromptTooLong, 400),
    ("fault-too-long-words", PromptTooLong, 400),
    ("fault-loading", ServerFailed, 503),
    ("fault-bad-key", KeyRefused, 400),
    ("fault-filtered-prompt", Withheld, 400),
    ("fault-moderated", Withheld, 403),
    ("fault-string-error", RequestRefused, 400),
    ("fault-validation", RequestRefused, 422),
    ("fault-list-error", ServerFailed, 503),
    ("fault-html-status-502", ServerFailed, 502),
    ("fault-empty-status-500", ServerFailed, 500),
    ("fault-endless-error", RequestRefused, 400),
    ("fault-early-refusal", RequestRefused, 413),
    ("fault-redirect", RequestRefused, 302),
    ("fault-error-event", ServerFailed, 502),
    ("fault-error-rate", RateLimited, None),
    ("fault-error-tool", RequestRefused, 400),
    ("fault-error-string", ServerFailed, None),
    ("fault-error-named", ServerFailed, None),
    ("fault-error-quota", QuotaSpent, None),
    ("fault-json-error", KeyRefused, 401),
    ("fault-finish-error", ServerFailed, None),
    ("fault-filtered", Withheld, None),
    ("fault-cut-3", Cut, None),
    ("fault-reset", Cut, None),
    ("fault-drop", Cut, None),
    ("fault-empty", Cut, None),
    ("fault-no-end", Cut, None),
    ("fault-cut-event", Cut, None),
    ("fault-html", Garbled, None),
    ("fault-text", Garbled, None),
    ("fault-broken-json", Garbled, None),
    ("fault-not-json", Garbled, None),
    ("fault-not-http", Garbled, None),
    ("fault-brotli", Garbled, None),
    ("fault-bomb", Garbled, None),
    ("fault-huge-line", Garbled, None),
    ("no-such-model", RequestRefused, 404),
]


@pytest.mark.parametrize(("model", "kind", "status"), REFUSALS)
async def test_fault_has_its_class_and_status(
    call: Caller, model: str, kind: type[CallError], status: int | None
) -> None:
    error = (await call(model)).error
    assert (type(error), getattr(error, "status", 0)) == (kind, status)
    assert error is not None
    assert error.message.startswith("stub ")
    assert len(error.message) <= 300
    assert error.message.isprintable()


@pytest.mark.parametrize(
    ("model", "after"),
    [
        ("fault-rate-after-7", 7.0),
        ("fault-rate-date-30", 30.0),
        ("fault-rate-ms-1500", 1.5),
        ("fault-rate-reset", 62.5),
        ("fault-rate-words", 7.66),
        ("fault-overloaded", 3.0),
        ("fault-loading", 5.0),
        ("fault-429", None),
    ],
)
async def test_provider_says_how_long_to_wait(
    call: Caller, model: str, after: float | None
) -> None:
    error = (await call(model)).error
    assert error is not None
    assert error.after == after


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            "fault-401",
            "stub refused the key (401): the stub answers 401. Check the credential of provider stub.",
        ),
        (
            "fault-html",
            "stub answered with a web page: Sign in to the network. Check the base URL of provider stub.",
        ),
        (
            "fault-html-status-502",
            "stub failed on its side (502): 502 Bad Gateway. Try again later.",
        ),
        (
            "fault-redirect",
            "stub answered with a redirect (302). Redirects are not followed: check the base URL of provider stub.",
        ),
        ("fault-empty", "stub closed the connection without a word. Try again."),
    ],
)
async def test_message_says_who_what_and_what_to_do(
    call: Caller, model: str, message: str
) -> None:
    error = (await call(model)).error
    assert error is not None
    assert error.message == message


async def test_text_before_the_fault_was_handed_over(call: Caller) -> None:
    assert (await call("fault-cut-3")).text == "w1 w2 w3 "
    assert (await call("fault-error-event-2")).text == "w1 w2 "


async def test_redirect_is_not_followed(call: Caller) -> None:
    await call("fault-redirect")
    assert len(call.stub.calls) == 1


@pytest.mark.parametrize(
    ("model", "limits", "says"),
    [
        ("fault-silent", Timeouts(first_token=0.2), "sent no text for 0.2 s"),
        ("fault-stall-0", Timeouts(first_token=0.2), "sent no text for 0.2 s"),
        ("fault-keep-alive-stall-0", Timeouts(first_token=0.2), "sent no text"),
        ("fault-stall", Timeouts(idle=0.2), "sent no more text for 0.2 s"),
        ("fault-keep-alive-stall", Timeouts(idle=0.2), "sent no more text for 0.2 s"),
        ("fault-trickle", Timeouts(idle=0.2, total=0.4), "did not end its answer"),
        ("fault-slow-head-3000", Timeouts(first_token=0.2), "sent no text"),
    ],
)
async def test_limit_ends_the_call_and_its_socket(
    call: Caller, model: str, limits: Timeouts, says: str
) -> None:
    async with asyncio.timeout(2):
        error = (await call(model, timeouts=limits)).error
    assert isinstance(error, TimedOut)
    assert says in error.message
    await asyncio.sleep(0.2)
    assert call.stub.calls[0].disconnected


async def test_slow_first_token_is_within_its_own_limit(call: Caller) -> None:
    limits = Timeouts(first_token=2, idle=0.1)
    assert (await call("m-400-3-10", timeouts=limits)).error is None


async def test_thoughts_keep_a_call_alive(call: Caller) -> None:
    limits = Timeouts(first_token=0.3, idle=0.3)
    told = await call("m-100-1-100-r6", timeouts=limits)
    assert told.error is None


async def test_cancelling_beats_the_limit(call: Caller) -> None:
    task = asyncio.create_task(call("fault-silent"))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def _closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


async def test_refused_connection_is_told_as_such(call: Caller) -> None:
    url = f"http://127.0.0.1:{_closed_port()}/v1"
    error = (await call("ok", base_url=url)).error
    assert isinstance(error, ConnectFailed)
    assert error.message == (
        "stub could not be reached: connection refused. "
        "Check the base URL of provider stub, and that it is up."
    )


async def test_unknown_name_is_told_as_such(call: Caller) -> None:
    error = (await call("ok", base_url="http://nowhere.invalid/v1")).error
    assert isinstance(error, ConnectFailed)
    assert "its name was not found" in error.message


async def test_plain_server_behind_https_is_told_as_such(call: Caller) -> None:
    url = call.stub.base_url.replace("http:", "https:")
    error = (await call("ok", base_url=url, timeouts=Timeouts(connect=0.3))).error
    assert isinstance(error, TimedOut)
    assert "took no connection for 0.3 s" in error.message


async def test_connection_that_does_not_come_about_is_timed(call: Caller) -> None:
    with socket.socket() as full:
        # A backlog of one, already taken: further connections hang.
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        others = [socket.socket() for _ in range(4)]
        for other in others:
            other.setblocking(False)
            other.connect_ex(("127.0.0.1", port))
        url = f"http://127.0.0.1:{port}/v1"
        told = await call("ok", base_url=url, timeouts=Timeouts(connect=0.3))
        for other in others:
            other.close()
    assert isinstance(told.error, TimedOut)
    assert "took no connection for 0.3 s" in told.error.message


@pytest.mark.parametrize(
    "model",
    [
        "fault-echo-key",
        "fault-401",
        "fault-drop",
        "fault-not-http",
        "fault-cut",
        "fault-silent",
    ],
)
async def test_no_error_log_or_traceback_carries_the_key(
    call: Caller, model: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    request = call.request(model, timeouts=Timeouts(first_token=0.2))
    with pytest.raises(CallError) as caught:
        async for _ in call.client.stream(request):
            pass
    told = "".join(traceback.format_exception(caught.value))
    said = told + caplog.text + repr(request) + repr(caught.value)
    for spelling in (KEY, quote(KEY, safe=""), KEY[:12]):
        assert spelling not in said
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("key", ["sk-a\r\nX-Evil: 1", "sk-ü", "sk-a\0b"])
async def test_key_that_no_header_can_carry_is_refused(call: Caller, key: str) -> None:
    error = (await call("ok", key=key)).error
    assert isinstance(error, KeyRefused)
    assert key not in error.message
    assert call.stub.calls == []


async def test_params_that_are_no_json_are_refused(call: Caller) -> None:
    error = (await call("ok", params={"extra": {"x": object()}})).error
    assert isinstance(error, RequestRefused)
