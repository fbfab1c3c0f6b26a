"""Faults of content: what providers put into well-framed events."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.stub.chunks import DONE, chunk, ending, event, said, usage_of
from tests.stub.faults import begin, fault, refuse
from tests.stub.reply import Reply

PIECE = 40


def speak(reply: Reply, *payloads: Any, done: bool = True) -> None:
    """Send these payloads as a stream, in one write."""
    reply.open()
    reply.end(b"".join(event(one) for one in payloads) + (DONE if done else b""))


def _stop(reply: Reply, reason: str = "stop", **extra: Any) -> dict[str, Any]:
    return chunk(reply.seen, {}, reason, **extra)


@fault("azure")
async def azure(reply: Reply) -> None:
    """Empty choices first, a choice without delta, no ids, an async filter's notes."""
    first = {"choices": [], "id": "", "model": "", "prompt_filter_results": [{}]}
    bare: dict[str, Any] = {
        "choices": [{"index": 0, "finish_reason": None, "content_filter": {}}]
    }
    speak(reply, first, bare, said(reply.seen, "w1 "), bare, _stop(reply))


@fault("cumulative-usage")
async def cumulative_usage(reply: Reply, words: int = 3) -> None:
    """Usage in each chunk, each counting all so far; the last has a word too."""
    chunks = [
        chunk(reply.seen, {"content": f"w{n} "}, usage=usage_of(reply.seen, n))
        for n in range(1, words + 1)
    ]
    speak(reply, *chunks, _stop(reply))


@fault("no-usage")
async def no_usage(reply: Reply) -> None:
    speak(reply, said(reply.seen, "w1 "), _stop(reply))


@fault("zero-usage")
async def zero_usage(reply: Reply) -> None:
    usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    speak(reply, said(reply.seen, "w1 "), _stop(reply, usage=usage))


@fault("rich-usage")
async def rich_usage(reply: Reply) -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 80},
        "completion_tokens_details": {"reasoning_tokens": 30},
    }
    speak(reply, said(reply.seen, "w1 "), _stop(reply, usage=usage))


@fault("two-usages")
async def two_usages(reply: Reply) -> None:
    """Usage in two events that complete each other; what was cached counts apart."""
    first = {
        "input_tokens": 12,
        "cache_read_input_tokens": 300,
        "cache_creation_input_tokens": 40,
        "output_tokens": 1,
    }
    last = {"output_tokens": 25}
    begun = chunk(reply.seen, {"content": "w1 "}, usage=first)
    speak(reply, begun, _stop(reply, usage=last))


@fault("short-sight")
async def short_sight(reply: Reply, window: int = 100) -> None:
    """The prompt is cut to a window, and nothing tells of it but the count."""
    usage = usage_of(reply.seen, 1)
    usage["prompt_tokens"] = min(usage["prompt_tokens"], window)
    speak(reply, said(reply.seen, "w1 "), _stop(reply, usage=usage))


@fault("error-event")
async def error_event(reply: Reply, words: int = 2) -> None:
    """Some words, then an error object with a status of its own."""
    begin(reply, words)
    error = {"message": "upstream is out of breath", "code": 502}
    reply.end(event({"error": error}))


@fault("error-rate")
async def error_rate(reply: Reply) -> None:
    begin(reply)
    reply.end(event({"error": {"type": "rate_limit_error", "message": "slow down"}}))


@fault("error-tool")
async def error_tool(reply: Reply) -> None:
    """Groq's refusal after 200, with its own status."""
    error = {"message": "bad call", "code": "tool_use_failed", "status_code": 400}
    reply.open()
    reply.end(event({"error": error}))


@fault("error-string")
async def error_string(reply: Reply) -> None:
    reply.open()
    reply.end(event({"error": "out of memory"}))


@fault("error-named")
async def error_named(reply: Reply) -> None:
    """An event named error, whose type says the rest."""
    begin(reply)
    error = (
        b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
    )
    reply.end(b"event: error\ndata: " + error + b"\n\n")


@fault("error-quota")
async def error_quota(reply: Reply) -> None:
    begin(reply)
    reply.end(event({"error": {"code": "insufficient_quota", "message": "empty"}}))


@fault("error-key")
async def error_key(reply: Reply) -> None:
    """Some words, then an error that repeats the key."""
    begin(reply)
    key = reply.seen.headers.get("authorization", "")
    reply.end(event({"error": {"message": f"not valid: {key}", "code": 502}}))


@fault("drip")
async def drip(reply: Reply, milliseconds: int = 50) -> None:
    """The last message again, in small pieces."""
    content = str(reply.seen.messages[-1]["content"])
    reply.open()
    for at in range(0, len(content), PIECE):
        reply.event(said(reply.seen, content[at : at + PIECE]))
        await asyncio.sleep(milliseconds / 1000)
    reply.end(ending(reply.seen, "stop", usage_of(reply.seen, 1)))


@fault("recite")
async def recite(reply: Reply) -> None:
    """A refusal in the words of the last message."""
    refuse(reply, 400, message=str(reply.seen.messages[-1]["content"]))


@fault("finish-error")
async def finish_error(reply: Reply) -> None:
    """The reason to finish is an error that is not explained."""
    speak(reply, said(reply.seen, "w1 "), _stop(reply, "error"))


@fault("length")
async def length(reply: Reply) -> None:
    speak(reply, said(reply.seen, "w1 "), _stop(reply, "length"))


@fault("odd-reason")
async def odd_reason(reply: Reply) -> None:
    speak(reply, said(reply.seen, "w1 "), _stop(reply, "eos_token_hit"))


@fault("hostile-reason")
async def hostile_reason(reply: Reply) -> None:
    """What neither JSON nor PostgreSQL can take, the caller's key, and far too much."""
    key = reply.seen.headers["authorization"].removeprefix("Bearer ")
    reason = json.dumps(f"\ud800\0 {key} {'x' * 200}")
    last = json.dumps(_stop(reply, "-")).replace('"-"', reason)
    begin(reply)
    reply.event(said(reply.seen, "w1 "))
    reply.end(f"data: {last}\n\n".encode() + DONE)


@fault("filtered")
async def filtered(reply: Reply, words: int = 0) -> None:
    """The content filter ends the answer, after some words or none."""
    chunks = [said(reply.seen, f"w{n} ") for n in range(1, words + 1)]
    speak(reply, *chunks, _stop(reply, "content_filter"))


@fault("blank")
async def blank(reply: Reply) -> None:
    speak(reply, chunk(reply.seen, {"role": "assistant", "content": ""}), _stop(reply))


@fault("only-thoughts")
async def only_thoughts(reply: Reply) -> None:
    thoughts: list[dict[str, Any]] = [
        {"reasoning_content": "one ", "content": None},
        {"reasoning": "two "},
        {"reasoning_content": "three ", "reasoning": "three "},
        {"reasoning_details": [{"type": "reasoning.text", "text": "four"}]},
    ]
    speak(reply, *(chunk(reply.seen, one) for one in thoughts), _stop(reply))


@fault("inner-thoughts")
async def inner_thoughts(reply: Reply, size: int = 3) -> None:
    """Thoughts in the text itself, in pieces of so many characters."""
    text = "\n<think>\nIs 1 < 2? </thi nking\n</think>\n\nYes: <think> is a tag."
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    speak(reply, *(said(reply.seen, each) for each in pieces), _stop(reply))


@fault("endless-thoughts")
async def endless_thoughts(reply: Reply) -> None:
    """Thinking that its cap cuts off: nothing is said."""
    speak(reply, said(reply.seen, "<think>on and on"), _stop(reply, "length"))


@fault("parts")
async def parts(reply: Reply) -> None:
    """Content as a list of parts, a thought among them, and a null."""
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    content = [
        thinking,
        {"type": "text", "text": "w1 "},
        {"type": "text", "text": "w2"},
    ]
    chunks = [chunk(reply.seen, {"content": value}) for value in (None, content)]
    speak(reply, *chunks, _stop(reply))


@fault("odd-events")
async def odd_events(reply: Reply) -> None:
    """Comments, pings, names, no space, several lines, CR, BOM, no blank at the end."""
    reply.open()
    seen = reply.seen
    tight = event(said(seen, "w1 ")).replace(b"data: ", b"data:")
    lines = event(said(seen, "w2 ")).replace(b',"choices"', b',\ndata: "choices"')
    named = b"event: message\rid: 7\r" + event(said(seen, "w3 ")).replace(b"\n", b"\r")
    reply.send(b"\xef\xbb\xbf: hello\n\nretry: 10\n\n" + tight + lines + named)
    reply.send(b'event: ping\ndata: {"type": "ping"}\n\ndata:\n\ndata: null\n\n')
    reply.end(event(_stop(reply)) + b"data:[DONE]")


@fault("other-choice")
async def other_choice(reply: Reply) -> None:
    """A second choice that nobody asked for."""
    other = said(reply.seen, "other ")
    other["choices"][0]["index"] = 1
    speak(reply, said(reply.seen, "w1 "), other, _stop(reply))


@fault("halves")
async def halves(reply: Reply) -> None:
    """A character in two halves over two events; a lone half; a NUL."""
    reply.open()
    for content in (b"a\\ud83d", b"\\ude42b", b"\\ud83d-", b"\\u0000c"):
        reply.send(b'data: {"choices":[{"delta":{"content":"' + content + b'"}}]}\n\n')
    reply.end(ending(reply.seen, "stop", usage_of(reply.seen, 1)))


@fault("not-json")
async def not_json(reply: Reply) -> None:
    begin(reply)
    reply.end(b"data: {broken\n\n")


@fault("cut-event")
async def cut_event(reply: Reply) -> None:
    """The stream ends in the middle of an event."""
    begin(reply)
    reply.end(event(said(reply.seen, "w2 "))[:40])


@fault("hostile")
async def hostile(reply: Reply) -> None:
    """Fields and events that try to be more than text."""
    reply.open()
    evil = {"execute": "alert(1)", "hx-get": "/x", "choices": "none", "usage": "many"}
    reply.send(b"event: execute\n" + event(evil))
    reply.send(event(said(reply.seen, "<script>x</script>")))
    reply.end(ending(reply.seen, "stop", usage_of(reply.seen, 1)))
