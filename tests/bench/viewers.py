"""Runs started as programs do, each followed by one viewer on its socket."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import websockets

STAMP = re.compile(r"@(\d+)")


@dataclass(slots=True)
class Watched:
    """One run as its viewer saw it. Times are `time.monotonic()`."""

    run_id: str
    began: float
    ended: float = 0.0
    status: str = ""
    entries: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    shown: dict[int, str] = field(default_factory=dict)

    @property
    def wall(self) -> float:
        """Seconds from the request that started the run to the viewer's last entry."""
        return self.ended - self.began


@dataclass(frozen=True, slots=True)
class Door:
    """How to speak with a site as one of its people, in session or by token."""

    url: str
    token: str
    cookie: str = ""


async def start(
    door: Door, client: httpx.AsyncClient, recipe: str, prompt: str
) -> Watched:
    """Start a run through /v1, detached: it goes on when this request is dropped."""
    began = time.monotonic()
    body = {
        "model": f"moa/{recipe}",
        "messages": [{"role": "user", "content": prompt}],
        "stream": True,
        "moa": {"detach": True},
    }
    headers = {"Authorization": f"Bearer {door.token}"}
    url = f"{door.url}/v1/chat/completions"
    async with client.stream("POST", url, json=body, headers=headers) as response:
        if response.status_code != 200:
            raise RuntimeError((await response.aread()).decode())
        async for line in response.aiter_lines():
            if line.startswith("data: "):
                first = orjson.loads(line[6:])
                return Watched(first["moa"]["run"], began)
    raise RuntimeError("no first chunk")


async def watch(
    door: Door, watched: Watched, told: Callable[[dict[str, Any]], None] | None = None
) -> None:
    """Follow a run to its end; reconnects, as a page does, from the last entry."""
    since = "0-0"
    while not watched.ended:
        try:
            since = await _follow(door, watched, since, told)
        except (OSError, websockets.WebSocketException):
            await asyncio.sleep(0.2)


async def _follow(
    door: Door,
    watched: Watched,
    since: str,
    told: Callable[[dict[str, Any]], None] | None,
) -> str:
    address = door.url.replace("http", "ws", 1)
    headers = {"Authorization": f"Bearer {door.token}"}
    origin: Any = None
    if door.cookie:
        headers, origin = {"Cookie": door.cookie}, door.url
    url = f"{address}/ws/runs/{watched.run_id}/?since={since}"
    connect = websockets.connect(
        url, additional_headers=headers, origin=origin, max_size=None, compression=None
    )
    async with connect as socket:
        count = 0
        async for frame in socket:
            now = time.monotonic()
            entry = orjson.loads(frame)
            since = entry["id"]
            count += 1
            if count % 32 == 0:
                # The run may have ended behind what is still unread here.
                with contextlib.suppress(websockets.ConnectionClosed):
                    await socket.send(orjson.dumps({"ack": since}).decode())
            _note(watched, entry, now)
            if told is not None:
                told(entry)
    return since


def _note(watched: Watched, entry: dict[str, Any], now: float) -> None:
    if entry["k"] == "delta":
        for _, n, offset, text in entry["x"]:
            watched.shown[n] = watched.shown.get(n, "")[:offset] + text
            watched.lags += [now - int(at) / 1e6 for at in STAMP.findall(text)]
        return
    watched.entries.append((now, {key: entry[key] for key in entry if key != "html"}))
    if entry["k"] == "end":
        watched.ended, watched.status = now, entry["status"]
