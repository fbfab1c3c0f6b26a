"""The stub's HTTP/1.1: reads requests from TCP and lets a behaviour answer each."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, cast

import orjson

from tests.stub.behaviours import answer
from tests.stub.pacing import Pacer
from tests.stub.records import Seen
from tests.stub.reply import Reply
from tests.stub.routes import route

MOST_HEAD = 64 * 1024


class Stub:
    """The server's state: what it saw, what it was told to do, where it listens."""

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self.scripts: dict[str, list[str]] = {}
        self.turns: Counter[str] = Counter()
        self.pacer = Pacer()
        self.host, self.port = "127.0.0.1", 0
        self.connections: set[Connection] = set()
        self.opened = 0
        self._server: asyncio.Server | None = None
        self._lock = threading.Lock()
        self._count = 0

    @property
    def base_url(self) -> str:
        """What a provider's `base_url` must be to reach this stub."""
        return f"http://{self.host}:{self.port}/v1"

    @property
    def calls(self) -> list[Seen]:
        """The requests for chat completions, in the order of their arrival."""
        return [seen for seen in self.requests if seen.path.endswith("/completions")]

    def count(self, marker: str = "", *, model: str = "") -> int:
        """How many calls carried this text in their prompt (and named this model)."""
        return sum(
            marker in seen.text and model in ("", seen.model) for seen in self.calls
        )

    def script(self, model: str, behaviours: Sequence[str]) -> None:
        """Let the next calls to a model behave so, one after the other; the last stays."""
        self.scripts[model] = list(behaviours)

    def reset(self) -> None:
        """Forget all requests and scripts; open answers go on."""
        self.requests, self.scripts = [], {}
        self.turns.clear()

    def record(self, seen_fields: dict[str, Any]) -> Seen:
        with self._lock:
            self._count += 1
            seen = Seen(n=self._count, **seen_fields)
        if not seen.path.startswith("/_"):
            self.requests.append(seen)
        return seen

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen on the running loop."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self), host, port, backlog=1024
        )
        self.host, self.port = self._server.sockets[0].getsockname()[:2]

    async def stop(self) -> None:
        """Close the door and every connection."""
        self.pacer.stop()
        if self._server:
            self._server.close()
        for connection in list(self.connections):
            connection.drop()
        await asyncio.sleep(0)


class Connection(asyncio.Protocol):
    """One client's connection: its requests are answered one after the other."""

    def __init__(self, stub: Stub) -> None:
        self.stub = stub
        self._buffer = bytearray()
        self._arrived = asyncio.Event()
        self._reply: Reply | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._peer_port = int(transport.get_extra_info("peername")[1])
        self.stub.connections.add(self)
        self.stub.opened += 1
        self._task = asyncio.get_running_loop().create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._arrived.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.stub.connections.discard(self)
        if self._reply and not self._reply.over.is_set():
            self._reply.seen.disconnected_at = time.monotonic()
            self._reply.over.set()
        self._task.cancel()

    def drop(self) -> None:
        self._task.cancel()
        self._transport.abort()

    async def _serve(self) -> None:
        keep = True
        with contextlib.suppress(asyncio.CancelledError):
            while keep:
                seen = await self._request()
                self._reply = Reply(self._transport, seen)
                await self._answer(self._reply)
                await self._reply.over.wait()
                keep = seen.headers.get("connection", "").lower() != "close"
            self._transport.close()

    async def _answer(self, reply: Reply) -> None:
        if not await route(self.stub, reply):
            await answer(self.stub, reply)

    async def _request(self) -> Seen:
        head = await self._until(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = dict(_header_lines(lines))
        body = await self._exactly(int(headers.get("content-length", 0)))
        fields = {
            "method": method,
            "path": path,
            "headers": headers,
            "body": orjson.loads(body) if body else {},
            "port": self._peer_port,
        }
        return self.stub.record(fields)

    async def _until(self, mark: bytes) -> bytes:
        while (at := self._buffer.find(mark)) < 0:
            assert len(self._buffer) < MOST_HEAD, "no end of the request's head"
            await self._more()
        head = bytes(self._buffer[:at])
        del self._buffer[: at + len(mark)]
        return head

    async def _exactly(self, length: int) -> bytes:
        while len(self._buffer) < length:
            await self._more()
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    async def _more(self) -> None:
        self._arrived.clear()
        await self._arrived.wait()


def _header_lines(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, _, value = line.partition(":")
        yield name.strip().lower(), value.strip()
