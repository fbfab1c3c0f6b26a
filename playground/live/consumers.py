"""The socket on which a page, or a program, follows one run."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import deque
from typing import Any
from urllib.parse import parse_qs

import orjson
from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from redis.exceptions import RedisError

from playground.accounts.access import Viewer
from playground.db.outages import OUTAGES
from playground.live.company import company
from playground.live.frames import Frames, frames_of
from playground.live.origins import origin_is_good
from playground.live.visitors import visitor
from playground.runs.access import find_run
from playground.runs.feed import START, Entry, position
from playground.runs.hub import hub
from playground.runs.models import Run
from playground.web.refusals import Refusal

log = logging.getLogger(__name__)
NOT_SIGNED_IN, NOT_YOURS, COME_BACK, DONE = 4401, 4403, 1013, 1000
WINDOW_BYTES = 262_144
ACK_EVERY = 32  # a viewer says nothing before it has had so many entries
STALL_SECONDS = 30.0
RECHECK_SECONDS = 60.0
MESSAGE_BYTES = 1_024
MESSAGES_A_SECOND = 50
# As Redis has its ids: two numbers of 64 bits.
_ENTRY = re.compile(r"[0-9]{1,19}-[0-9]{1,19}", re.ASCII)


class RunConsumer(AsyncWebsocketConsumer):
    """Sends a run's feed from `since` on, as fast as the other side acknowledges."""

    async def connect(self) -> None:
        """Accept first: a close before that reaches browsers as 1006, which they retry."""
        await self.accept()
        self._pump: asyncio.Task[None] | None = None
        self._unacked: deque[tuple[tuple[int, int], int]] = deque()
        self._unacked_bytes = 0
        self._acked = asyncio.Event()
        self._heard: deque[float] = deque(maxlen=MESSAGES_A_SECOND)
        viewer = await sync_to_async(visitor)(dict(self.scope))
        if viewer is None:
            await self.close(NOT_SIGNED_IN)
            return
        if viewer.token is None and not origin_is_good(dict(self.scope)):
            await self.close(NOT_YOURS)
            return
        run = await self._find(viewer)
        if run is None:
            await self.close(NOT_YOURS)
            return
        self._pump = asyncio.create_task(self._serve(viewer, run))

    async def disconnect(self, code: int) -> None:
        """The other side is gone, or we closed."""
        if self._pump is not None:
            self._pump.cancel()

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        """Only acknowledgements are expected; whatever else comes is not answered."""
        now = time.monotonic()
        if len(self._heard) == MESSAGES_A_SECOND and now - self._heard[0] < 1:
            await self.close(1008)
            return
        self._heard.append(now)
        if text_data is None or len(text_data) > MESSAGE_BYTES:
            await self.close(1009)
            return
        acked = _acked_place(text_data)
        if acked is not None:
            self._forget_up_to(acked)

    async def _find(self, viewer: Viewer) -> Run | None:
        run_id = self.scope["url_route"]["kwargs"]["run_id"]
        try:
            return await sync_to_async(find_run)(viewer, run_id)
        except Refusal:
            return None

    async def _serve(self, viewer: Viewer, run: Run) -> None:
        """Pump the feed until its end, and look again now and then who is watching."""
        guard = asyncio.create_task(self._recheck(viewer))
        try:
            await self._send_feed(run, html=viewer.token is None)
            await self.close(DONE)
        except (TimeoutError, RedisError, OSError, *OUTAGES):
            await self.close(COME_BACK)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("the socket of run %s broke", run.pk)
            await self.close(1011)
        finally:
            guard.cancel()

    async def _send_feed(self, run: Run, *, html: bool) -> None:
        async with (
            frames_of(run, html=html) as frames,
            company(self.send, frames.notice) as kept,
        ):
            async for entry in hub().watch(run, self._since()):
                await self._room()
                await self._send_entry(frames, entry)
                kept.heard()

    async def _send_entry(self, frames: Frames, entry: Entry) -> None:
        frame = await frames.frame(entry)
        self._unacked.append((position(entry.id), len(frame)))
        self._unacked_bytes += len(frame)
        await self.send(text_data=frame)

    async def _room(self) -> None:
        """Wait while too much is unacknowledged: Daphne itself would buffer it all."""
        while self._unacked_bytes > WINDOW_BYTES and len(self._unacked) > ACK_EVERY:
            self._acked.clear()
            async with asyncio.timeout(STALL_SECONDS):
                await self._acked.wait()

    def _forget_up_to(self, place: tuple[int, int]) -> None:
        while self._unacked and self._unacked[0][0] <= place:
            self._unacked_bytes -= self._unacked.popleft()[1]
        self._acked.set()

    async def _recheck(self, viewer: Viewer) -> None:
        """Access may end while somebody watches."""
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            again = await sync_to_async(visitor)(dict(self.scope))
            if again is None or again.user.pk != viewer.user.pk:
                await self.close(NOT_SIGNED_IN)
            elif await self._find(again) is None:
                await self.close(NOT_YOURS)

    def _since(self) -> str:
        query = parse_qs(self.scope["query_string"].decode("ascii", "replace"))
        given = query.get("since", [START])[0]
        return given if _ENTRY.fullmatch(given) else START


def _acked_place(text: str) -> tuple[int, int] | None:
    try:
        message: Any = orjson.loads(text)
        return position(message["ack"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
