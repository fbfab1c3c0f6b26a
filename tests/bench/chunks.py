"""`python -m tests.bench chunks`: what a chunk costs the worker, from provider to feed.

Real parts throughout: the stub over TCP, the worker of a site, its Valkey and database.
Only the worker's processor time counts, that of all its threads and all that it does
while its calls stream: reads, the feed, checkpoints, renewals. What the whole runs cost,
their claims and journals among it, is printed beside it. The pace leaves the worker time
to spare, so that nearly each chunk is a read of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

from tests.bench.viewers import Door, start
from tests.sites import Site, layer, provision_text, recipe, running_site
from tests.stub.fixtures import running_stub
from tests.stub.server import Stub

LEAST = 15_000
EVERY_MS, CHUNKS, DRAFTS, RUNS = 20, 500, 3, 30
SETTLE_S, WINDOW_S = 2, 5
# Their words are as long as those of models: five bytes and a space.
FLOW = f"m-200-{CHUNKS}-{EVERY_MS}-x5"
RECIPES = [
    recipe("flow", layer("draft", *["flow"] * DRAFTS), layer("aggregate", "brief"))
]
for slot in RECIPES[0]["layers"][0]["slots"]:
    slot["params"]["max_tokens"] = CHUNKS
TICKS = os.sysconf("SC_CLK_TCK")


def main(arguments: list[str]) -> int:
    """Measure some rounds, print them, and say by the exit code whether it was reached."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench chunks")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args(arguments)
    models = {"flow": FLOW, "brief": "m-10-5-5"}
    with tempfile.TemporaryDirectory(prefix="moa-") as folder, running_stub() as stub:
        text = provision_text(stub.base_url, models=models, recipes=RECIPES)
        with running_site(Path(folder), provision=text) as site:
            door = Door(site.url, site.token("ada"))
            _round(site, stub, door, 2)  # imports, connections
            rounds = [
                _round(site, stub, door, wanted.runs) for _ in range(wanted.rounds)
            ]
    middle = statistics.median(rounds)
    verdict = "reached" if middle >= LEAST else "MISSED"
    sys.stdout.write(
        f"chunks per CPU second in the worker: {middle:,.0f} (≥ {LEAST:,}) {verdict}\n"
    )
    return 0 if middle >= LEAST else 1


def _round(site: Site, stub: Stub, door: Door, runs: int) -> float:
    """Chunks per second of the worker's processor time, while all runs stream."""
    before = _seconds(site)
    asyncio.run(_start(door, runs))
    time.sleep(SETTLE_S)
    chunks, spent = stub.pacer.written, _seconds(site)
    time.sleep(WINDOW_S)
    chunks, spent = stub.pacer.written - chunks, _seconds(site) - spent
    while _unfinished(site):
        time.sleep(0.1)
    whole, told = _seconds(site) - before, runs * DRAFTS * CHUNKS
    sys.stdout.write(
        f"  {runs} runs: {chunks:,} chunks in {WINDOW_S} s took {spent:.2f} s, "
        f"{chunks / spent:,.0f} a second; whole runs {told / whole:,.0f} a second\n"
    )
    sys.stdout.flush()
    return chunks / spent


async def _start(door: Door, runs: int) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        await asyncio.gather(
            *(start(door, client, "flow", f"Run {number}") for number in range(runs))
        )


def _unfinished(site: Site) -> int:
    path = f"file:{site.data}/moa.sqlite3?mode=ro"
    with sqlite3.connect(path, uri=True) as stored:
        [(count,)] = stored.execute(
            "SELECT count(*) FROM playground_run WHERE ended_at IS NULL"
        )
    return int(count)


def _seconds(site: Site) -> float:
    """The processor time of the worker so far, in all of its threads."""
    [pid] = site.worker_pids()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
