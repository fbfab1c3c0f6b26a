"""The JSON of the chat protocol, as the stub writes it."""

from __future__ import annotations

import math
from typing import Any

import orjson

from tests.stub.records import Seen

DONE = b"data: [DONE]\n\n"
CREATED = 1_700_000_000


def usage_of(seen: Seen, tokens_out: int, reasoning: int = 0) -> dict[str, Any]:
    """Usage that tests can compute: four characters of prompt are a token."""
    tokens_in = len(seen.text) // 4 + 1
    usage: dict[str, Any] = {
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
    }
    if reasoning:
        usage["completion_tokens_details"] = {"reasoning_tokens": reasoning}
    return usage


def chunk(
    seen: Seen, delta: dict[str, Any] | None, finish: str | None = None, **extra: Any
) -> dict[str, Any]:
    """One `chat.completion.chunk`; without a delta its choices are empty."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": f"chatcmpl-{seen.n}",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": seen.model,
        "choices": [] if delta is None else [choice],
        **extra,
    }


def said(seen: Seen, text: str) -> dict[str, Any]:
    """A chunk that says something."""
    return chunk(seen, {"content": text})


def odds(token: str, chances: dict[str, float]) -> dict[str, Any]:
    """The `logprobs` of a choice that said one token."""
    others = [
        {"token": each, "logprob": math.log(chance), "bytes": list(each.encode())}
        for each, chance in chances.items()
    ]
    own = next(each for each in others if each["token"] == token)
    return {"content": [{**own, "top_logprobs": others}], "refusal": None}


def event(payload: Any) -> bytes:
    """A server-sent event with a JSON payload."""
    return b"data: " + orjson.dumps(payload) + b"\n\n"


def wants_usage(seen: Seen) -> bool:
    options = seen.body.get("stream_options") or {}
    return bool(options.get("include_usage"))


def ending(seen: Seen, finish: str, usage: dict[str, Any]) -> bytes:
    """The last events of a stream: the reason, the usage when asked for, DONE."""
    last = event(chunk(seen, {}, finish))
    if wants_usage(seen):
        last += event(chunk(seen, None, usage=usage))
    return last + DONE


def whole(
    seen: Seen, text: str, finish: str, usage: dict[str, Any], reasoning: str = ""
) -> dict[str, Any]:
    """The answer to a request that did not ask for a stream."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if reasoning:
        message["reasoning_content"] = reasoning
    return {
        "id": f"chatcmpl-{seen.n}",
        "object": "chat.completion",
        "created": CREATED,
        "model": seen.model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": usage,
    }
