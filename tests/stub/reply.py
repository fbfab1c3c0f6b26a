"""One answer on its connection: a head, then chunks, in as few writes as may be."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson

from tests.stub.records import Seen

EVENT_STREAM = "text/event-stream; charset=utf-8"


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unusual"
    lines = [f"HTTP/1.1 {status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Reply:
    """Writes one answer. `over` is set when the answer ended or the client left."""

    def __init__(self, transport: asyncio.Transport, seen: Seen) -> None:
        self.transport = transport
        self.seen = seen
        self.over = asyncio.Event()

    def open(
        self,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content_type: str = EVENT_STREAM,
    ) -> None:
        """Send the head of a chunked answer."""
        head = {"Content-Type": content_type, "Transfer-Encoding": "chunked"}
        self.raw(_head(status, head | dict(headers or {})))

    def raw(self, data: bytes) -> None:
        """Send bytes as they are, without any framing."""
        if not self.transport.is_closing():
            self.transport.write(data)

    def send(self, data: bytes) -> None:
        """Send one HTTP chunk."""
        self.raw(b"%x\r\n%b\r\n" % (len(data), data))

    def event(self, payload: Any) -> None:
        """Send one server-sent event with a JSON payload."""
        self.send(b"data: " + orjson.dumps(payload) + b"\n\n")

    def end(self, last: bytes = b"") -> None:
        """Send the last data and the end of a chunked answer."""
        frame = b"%x\r\n%b\r\n" % (len(last), last) if last else b""
        self.raw(frame + b"0\r\n\r\n")
        self.finish()

    def whole(
        self,
        status: int,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> None:
        """Send a complete answer with its length."""
        head = {"Content-Type": content_type, "Content-Length": str(len(body))}
        self.raw(_head(status, head | dict(headers or {})) + body)
        self.finish()

    def json(
        self, status: int, payload: Any, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send a complete JSON answer."""
        self.whole(status, orjson.dumps(payload), headers)

    def finish(self) -> None:
        """The answer is all written; the connection may serve the next request."""
        self.seen.ended_at = time.monotonic()
        self.over.set()

    def close(self) -> None:
        """End the connection in the middle of whatever was being said."""
        self.seen.ended_at = time.monotonic()
        self.transport.close()
        self.over.set()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.seen.ended_at = time.monotonic()
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
        self.over.set()
