"""Faults told by an HTTP status: bodies, codes and headers in the field's variants."""

from __future__ import annotations

import asyncio
import base64
import time
from email.utils import formatdate
from urllib.parse import quote

from tests.stub.chunks import ending, event, said, usage_of
from tests.stub.faults import fault, refuse
from tests.stub.reply import Reply


@fault("quota")
async def quota(reply: Reply) -> None:
    message = "You exceeded your current quota"
    refuse(reply, 429, message=message, code="insufficient_quota")


@fault("spend-limit")
async def spend_limit(reply: Reply) -> None:
    refuse(reply, 429, message="cap reached", code="project_spend_limit_exceeded")


@fault("no-credit")
async def no_credit(reply: Reply) -> None:
    message = "Your credit balance is too low to access the API."
    refuse(reply, 400, message=message, type="invalid_request_error")


@fault("too-long")
async def too_long(reply: Reply) -> None:
    message = "the request exceeds the available context size, try increasing it"
    refuse(reply, 400, message=message, code=400, type="exceed_context_size_error")


@fault("too-long-words")
async def too_long_words(reply: Reply) -> None:
    message = "This model's maximum context length is 4096 tokens."
    refuse(reply, 400, message=message, type="invalid_request_error")


@fault("no-odds")
async def no_odds(reply: Reply) -> None:
    """Says A, unless it is asked for odds."""
    if reply.seen.body.get("logprobs"):
        message = "You are not allowed to request logprobs from this model"
        refuse(reply, 403, message=message, type="invalid_request_error")
    else:
        reply.open()
        usage = usage_of(reply.seen, 1)
        reply.end(event(said(reply.seen, "A")) + ending(reply.seen, "stop", usage))


@fault("loading")
async def loading(reply: Reply) -> None:
    refuse(reply, 503, message="Loading model", code=503, type="unavailable_error")


@fault("bad-key")
async def bad_key(reply: Reply) -> None:
    details = [{"reason": "API_KEY_INVALID"}]
    message = "API key not valid"
    refuse(reply, 400, code=400, message=message, details=details)


@fault("filtered-prompt")
async def filtered_prompt(reply: Reply) -> None:
    refuse(reply, 400, message="filtered", code="content_filter")


@fault("moderated")
async def moderated(reply: Reply) -> None:
    metadata = {"reasons": ["violence"], "flagged_input": "x"}
    refuse(reply, 403, message="flagged", code=403, metadata=metadata)


@fault("rate-after")
async def rate_after(reply: Reply, seconds: int = 7) -> None:
    refuse(reply, 429, {"Retry-After": str(seconds)}, message="slow down")


@fault("rate-date")
async def rate_date(reply: Reply, seconds: int = 30) -> None:
    now = int(time.time())
    headers = {"Retry-After": formatdate(now + seconds, usegmt=True)}
    headers["Date"] = formatdate(now, usegmt=True)
    refuse(reply, 429, headers, message="slow down")


@fault("rate-ms")
async def rate_ms(reply: Reply, milliseconds: int = 1500) -> None:
    headers = {"retry-after-ms": str(milliseconds), "Retry-After": "2"}
    refuse(reply, 429, headers, message="slow down")


@fault("rate-reset")
async def rate_reset(reply: Reply) -> None:
    headers = {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "1m2.5s",
        "x-ratelimit-remaining-tokens": "900",
        "x-ratelimit-reset-tokens": "9m",
    }
    refuse(reply, 429, headers, message="slow down")


@fault("rate-words")
async def rate_words(reply: Reply) -> None:
    message = "Rate limit reached. Please try again in 7.66s. Visit the docs."
    refuse(reply, 429, message=message, code="rate_limit_exceeded")


@fault("overloaded")
async def overloaded(reply: Reply) -> None:
    error = {"type": "overloaded_error", "message": "Overloaded"}
    reply.json(529, {"type": "error", "error": error}, {"Retry-After": "3"})


@fault("string-error")
async def string_error(reply: Reply) -> None:
    reply.json(400, {"error": "model 'x' not found, try pulling it first"})


@fault("validation")
async def validation(reply: Reply) -> None:
    detail = [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]
    reply.json(422, {"detail": detail})


@fault("list-error")
async def list_error(reply: Reply) -> None:
    error = {"code": 503, "message": "no capacity", "status": "UNAVAILABLE"}
    reply.json(503, [{"error": error}])


@fault("html-status")
async def html_status(reply: Reply, status: int = 502) -> None:
    page = (
        b"<html><head><title>502 Bad\nGateway</title></head><body><b>nginx</b></body>"
    )
    reply.whole(status, page + b"x" * 100_000, content_type="text/html")


@fault("empty-status")
async def empty_status(reply: Reply, status: int = 500) -> None:
    reply.whole(status, b"")


@fault("endless-error")
async def endless_error(reply: Reply) -> None:
    """A refusal whose body does not end."""
    reply.open(400, content_type="text/plain")
    while not reply.over.is_set():
        reply.send(b"bad " * 4096)
        await asyncio.sleep(0.001)


@fault("redirect")
async def redirect(reply: Reply) -> None:
    port = reply.transport.get_extra_info("sockname")[1]
    place = f"http://127.0.0.1:{port}/v1/elsewhere/chat/completions"
    reply.whole(302, b"", {"Location": place})


@fault("echo-key")
async def echo_key(reply: Reply) -> None:
    """A refusal that repeats the key, plain and in other spellings."""
    key = reply.seen.headers.get("authorization", "").removeprefix("Bearer ")
    packed = base64.b64encode(key.encode()).decode()
    message = f"Incorrect API key: {key} / {quote(key, safe='')} / {packed}"
    refuse(reply, 401, message=f"{message} (Authorization: Bearer {key}) ?key={key}")


@fault("early-refusal")
async def early_refusal(reply: Reply) -> None:
    """A refusal, after which the server closes."""
    reply.whole(413, b'{"error": {"message": "too long"}}', {"Connection": "close"})
    reply.close()
