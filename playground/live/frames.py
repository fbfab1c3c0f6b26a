"""Feed entries as socket frames; made once a process, whoever watches."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import orjson
from asgiref.sync import sync_to_async

from playground.live.fragments import RunFragments, fragments_for, is_text
from playground.live.notices import Notice
from playground.runs.feed import Entry
from playground.runs.models import Run

KEEP_FRAMES = 1_024


class Frames:
    """The frames of one run. Programs get raw entries, pages the same with `html`.

    Only pages have a notice.
    """

    def __init__(
        self, fragments: RunFragments | None = None, notice: Notice | None = None
    ) -> None:
        self.notice = notice
        self.users = 0
        self._fragments = fragments
        self._made: OrderedDict[str, str] = OrderedDict()
        self._making = asyncio.Lock()

    @property
    def is_broken(self) -> bool:
        """True when the fragments missed a part of the feed: they start afresh."""
        return self._fragments is not None and self._fragments.broken

    async def frame(self, entry: Entry) -> str:
        """One entry as JSON text, from memory when somebody had it already."""
        made = self._made.get(entry.id)
        return made if made is not None else await self._append(entry)

    async def _append(self, entry: Entry) -> str:
        """In order, once, and away from the loop where Markdown may be read."""
        async with self._making:
            made = self._made.get(entry.id)
            if made is not None:
                return made
            if self._fragments is None or is_text(entry):
                made = self._make(entry)
            else:
                made = await sync_to_async(self._make, thread_sensitive=False)(entry)
            self._made[entry.id] = made
            if len(self._made) > KEEP_FRAMES:
                self._made.popitem(last=False)
        return made

    def _make(self, entry: Entry) -> str:
        body = {"id": entry.id, **entry.body}
        if self._fragments is not None:
            html = self._fragments.advance(entry)
            if html:
                body["html"] = html
        return orjson.dumps(body).decode()


_FRAMES: dict[tuple[UUID, bool], Frames] = {}


@asynccontextmanager
async def frames_of(run: Run, *, html: bool) -> AsyncIterator[Frames]:
    """The shared frames of a run, kept while anybody uses them."""
    key = (run.pk, html)
    if key not in _FRAMES or _FRAMES[key].is_broken:
        fresh = await _frames_for_pages(run) if html else Frames()
        if key not in _FRAMES or _FRAMES[key].is_broken:
            _FRAMES[key] = fresh
    frames = _FRAMES[key]
    frames.users += 1
    try:
        yield frames
    finally:
        frames.users -= 1
        if not frames.users and _FRAMES.get(key) is frames:
            del _FRAMES[key]


async def _frames_for_pages(run: Run) -> Frames:
    return Frames(await sync_to_async(fragments_for)(run), Notice(run.pk))
