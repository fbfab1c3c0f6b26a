"""Faults within a stream: broken transport, odd framing, odd events."""

from __future__ import annotations

import asyncio
import gzip

import orjson

from tests.stub.chunks import DONE, chunk, ending, event, said, usage_of, whole
from tests.stub.faults import begin, fault
from tests.stub.reply import Reply


@fault("cut")
async def cut(reply: Reply, words: int = 1) -> None:
    """The connection closes in the middle of the chunked answer."""
    begin(reply, words)
    reply.close()


@fault("reset")
async def reset(reply: Reply, words: int = 1) -> None:
    """The connection is reset in the middle of the answer."""
    begin(reply, words)
    await asyncio.sleep(0.05)
    reply.reset()


@fault("drop")
async def drop(reply: Reply) -> None:
    """The connection closes before any answer."""
    reply.close()


@fault("silent")
async def silent(reply: Reply) -> None:
    """No answer at all, for as long as the client waits."""


@fault("slow-head")
async def slow_head(reply: Reply, milliseconds: int = 300) -> None:
    """The head comes byte by byte, then a good answer."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    head += b"Transfer-Encoding: chunked\r\n\r\n"
    for at in range(len(head)):
        reply.raw(head[at : at + 1])
        await asyncio.sleep(milliseconds / 1000 / len(head))
    reply.end(event(said(reply.seen, "late ")) + _good_end(reply))


@fault("stall")
async def stall(reply: Reply, words: int = 1) -> None:
    """Some words, then silence for as long as the client waits."""
    begin(reply, words)


@fault("keep-alive-stall")
async def keep_alive_stall(reply: Reply, words: int = 1) -> None:
    """Some words, then only comments and empty deltas."""
    begin(reply, words)
    while not reply.over.is_set():
        reply.send(b": OPENROUTER PROCESSING\n\n" + event(chunk(reply.seen, {})))
        await asyncio.sleep(0.02)


@fault("trickle")
async def trickle(reply: Reply) -> None:
    """One word after the other, without an end."""
    reply.open()
    while not reply.over.is_set():
        reply.event(said(reply.seen, "w "))
        await asyncio.sleep(0.02)


@fault("html")
async def html(reply: Reply) -> None:
    """A web page with status 200."""
    page = b"<!doctype html><html><head><title>Sign in to the network</title></head>"
    reply.whole(200, page + b"<body>" + b"x" * 9000, content_type="text/html")


@fault("text")
async def text(reply: Reply) -> None:
    """Plain text with status 200."""
    reply.whole(200, b"upstream is starting", content_type="text/plain")


@fault("empty")
async def empty(reply: Reply) -> None:
    """Status 200, and nothing."""
    reply.open()
    reply.end()


@fault("no-done")
async def no_done(reply: Reply) -> None:
    """A reason to finish, and no DONE."""
    begin(reply)
    reply.end(event(chunk(reply.seen, {}, "stop")))


@fault("only-done")
async def only_done(reply: Reply) -> None:
    """DONE, and no reason to finish."""
    begin(reply)
    reply.end(DONE)


@fault("no-end")
async def no_end(reply: Reply, words: int = 1) -> None:
    """A well-formed HTTP answer whose stream ends without reason or DONE."""
    begin(reply, words)
    reply.end()


@fault("done-and-hang")
async def done_and_hang(reply: Reply) -> None:
    """A good answer whose connection stays open."""
    begin(reply)
    reply.send(_good_end(reply))


@fault("finish-and-hang")
async def finish_and_hang(reply: Reply) -> None:
    """A reason to finish, then silence."""
    begin(reply)
    reply.event(chunk(reply.seen, {}, "stop"))


@fault("finish-and-cut")
async def finish_and_cut(reply: Reply) -> None:
    """A reason to finish, then a broken connection."""
    begin(reply)
    reply.event(chunk(reply.seen, {}, "stop"))
    await asyncio.sleep(0.02)
    reply.close()


@fault("done-twice")
async def done_twice(reply: Reply) -> None:
    """DONE twice, and words after it."""
    begin(reply)
    extra = event(said(reply.seen, "after "))
    reply.end(_good_end(reply) + extra + DONE)


@fault("words-after-finish")
async def words_after_finish(reply: Reply) -> None:
    """A word after the reason to finish."""
    begin(reply)
    late = event(chunk(reply.seen, {}, "stop")) + event(said(reply.seen, "w2 "))
    reply.end(late + DONE)


@fault("json")
async def json(reply: Reply) -> None:
    """A complete answer although a stream was asked for."""
    usage = usage_of(reply.seen, 2)
    reply.json(200, whole(reply.seen, "all at once", "stop", usage, "hm"))


@fault("json-typed-as-stream")
async def json_typed_as_stream(reply: Reply) -> None:
    answer = whole(reply.seen, "all at once", "stop", usage_of(reply.seen, 2))
    reply.whole(200, orjson.dumps(answer), content_type="text/event-stream")


@fault("broken-json")
async def broken_json(reply: Reply) -> None:
    reply.whole(200, b'{"choices": [{"message": {"content": "hal')


@fault("json-error")
async def json_error(reply: Reply) -> None:
    """An error object as the whole of a good answer."""
    reply.json(200, {"error": {"message": "no such user", "code": 401}})


@fault("wrong-type")
async def wrong_type(reply: Reply) -> None:
    """Good events under a wrong content type."""
    reply.open(content_type="application/json")
    reply.end(event(said(reply.seen, "w1 ")) + _good_end(reply))


@fault("gzip")
async def gzipped(reply: Reply) -> None:
    """Compressed, although that was declined."""
    reply.open(headers={"Content-Encoding": "gzip"})
    body = gzip.compress(event(said(reply.seen, "w1 ")) + _good_end(reply))
    for at in range(0, len(body), 7):
        reply.send(body[at : at + 7])
        await asyncio.sleep(0)
    reply.end()


@fault("brotli")
async def brotli(reply: Reply) -> None:
    reply.open(headers={"Content-Encoding": "br"})
    reply.end(b"\x0b\x02\x80abc\x03")


@fault("bomb")
async def bomb(reply: Reply) -> None:
    """A small answer that unpacks to a very large one."""
    reply.open(headers={"Content-Encoding": "gzip"})
    reply.end(gzip.compress(b"data: " + b"x" * 50_000_000))


@fault("huge-line")
async def huge_line(reply: Reply) -> None:
    """A line that does not end."""
    reply.open()
    reply.send(b"data: {")
    while not reply.over.is_set():
        reply.send(b"x" * 65536)
        await asyncio.sleep(0.001)


@fault("not-http")
async def not_http(reply: Reply) -> None:
    reply.raw(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n")
    reply.close()


@fault("cookies")
async def cookies(reply: Reply) -> None:
    """A good answer that sets a cookie."""
    reply.open(headers={"Set-Cookie": "session=abc; Path=/"})
    reply.end(event(said(reply.seen, "w1 ")) + _good_end(reply))


@fault("split")
async def split(reply: Reply, size: int = 1) -> None:
    """A good answer in characters of several bytes, sent in tiny pieces."""
    reply.open()
    body = event(said(reply.seen, "né 漢字 🙂 ")) + _good_end(reply)
    body = body.replace(b"\n", b"\r\n")
    for at in range(0, len(body), size):
        reply.send(body[at : at + size])
        await asyncio.sleep(0.001)
    reply.end()


def _good_end(reply: Reply) -> bytes:
    return ending(reply.seen, "stop", usage_of(reply.seen, 1))
