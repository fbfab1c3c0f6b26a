"""kill -9 of the worker at random moments: what is resumed, how soon, and at what price."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.bench.viewers import Door, Watched, start, watch
from tests.sites import Site
from tests.stub.server import Stub


@dataclass(frozen=True, slots=True)
class Kill:
    """What one kill did."""

    seconds: float
    layer: int
    status: str
    called_again: int
    prefixes_kept: bool

    @property
    def good(self) -> bool:
        """Resumed in time, nothing journalled called again, nothing shown lost."""
        done = self.status == "done" and self.seconds <= 15
        return done and not self.called_again and self.prefixes_kept


async def kill_once(
    site: Site, stub: Stub, door: Door, *, number: int, chance: random.Random
) -> Kill:
    """Start a run, kill the worker somewhere in it, and look at what came of it."""
    stub.reset()
    async with httpx.AsyncClient(timeout=60) as client:
        watched = await start(door, client, "three", f"Kill number {number}")
    told: list[dict[str, Any]] = []
    viewer = asyncio.create_task(watch(door, watched, told.append))
    await asyncio.sleep(chance.uniform(0.3, 3.6))
    before = len(told)
    shown = dict(watched.shown)
    killed = time.monotonic()
    for pid in site.worker_pids():
        os.kill(pid, signal.SIGKILL)
    await asyncio.wait_for(viewer, 60)
    done_before = {
        entry["key"]
        for entry in told[:before]
        if entry["k"] == "draft" and entry["status"] == "done"
    }
    return Kill(
        seconds=_resumed_at(watched, killed) - killed,
        layer=max((e["layer"] for e in told[:before] if e["k"] == "layer"), default=0),
        status=watched.status,
        called_again=_called_again(site, stub, watched, done_before),
        prefixes_kept=_kept(site.data, watched.run_id, shown),
    )


def _resumed_at(watched: Watched, killed: float) -> float:
    later = [
        at
        for at, entry in watched.entries
        if entry["k"] == "run" and entry["epoch"] > 1 and at > killed
    ]
    return min(later, default=watched.ended)


def _called_again(site: Site, stub: Stub, watched: Watched, done: set[str]) -> int:
    """Calls that the stub saw beyond one for each draft that was journalled as done."""
    with sqlite3.connect(f"file:{site.data}/moa.sqlite3?mode=ro", uri=True) as database:
        rows = database.execute(
            "SELECT d.key, d.text FROM playground_draft d WHERE d.run_id = ?",
            (watched.run_id.replace("-", ""),),
        ).fetchall()
    seen = Counter(request.marker for request in stub.requests)
    again = 0
    for key, text in rows:
        if key in done:
            again += seen[text.split(" ")[0].rstrip(":")] - 1
    return again


def _kept(data: Path, run_id: str, shown: dict[int, str]) -> bool:
    """Whether each call's text, as the viewer saw it, begins what the page keeps of it."""
    with sqlite3.connect(f"file:{data}/moa.sqlite3?mode=ro", uri=True) as database:
        rows = database.execute(
            "SELECT c.n, c.status, c.text, d.text FROM playground_call c"
            " JOIN playground_draft d ON d.id = c.draft_id WHERE c.run_id = ?",
            (run_id.replace("-", ""),),
        ).fetchall()
    kept = {n: (draft if status == "done" else text) for n, status, text, draft in rows}
    return all(kept.get(n, "").startswith(text) for n, text in shown.items())
