"""`python -m tests.bench [--runs 50] [--kills 10]`: prints what design names, measured.

`python -m tests.bench history` measures history instead, at 100,000 runs, and
`python -m tests.bench browser` a page that watches six drafts being written,
`python -m tests.bench page` the first byte of a long run's page, and
`python -m tests.bench chunks` what a chunk costs the worker, from provider to feed.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
from pathlib import Path

import httpx

from tests.bench import browser, chunks, history, page
from tests.bench.kills import Kill, kill_once
from tests.bench.raw import critical_path
from tests.bench.viewers import Door, Watched, start, watch
from tests.sites import MODELS, Site, provision_text, running_site
from tests.stub.fixtures import running_stub
from tests.stub.server import Stub

ROUNDS = 5
STAMPED = {
    alias: f"{model}-t" if alias in {"fast", "careful", "bold"} else model
    for alias, model in MODELS.items()
}


def main() -> int:
    """Measure, print, and say by the exit code whether every figure was reached."""
    if sys.argv[1:2] == ["history"]:
        return history.main(sys.argv[2:])
    if sys.argv[1:2] == ["browser"]:
        return browser.main()
    if sys.argv[1:2] == ["page"]:
        return page.main()
    if sys.argv[1:2] == ["chunks"]:
        return chunks.main(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    wanted = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with tempfile.TemporaryDirectory(prefix="moa-") as folder, running_stub() as stub:
        text = provision_text(stub.base_url, models=STAMPED)
        with running_site(Path(folder), provision=text) as site:
            return asyncio.run(_measure(site, stub, wanted))


async def _measure(site: Site, stub: Stub, wanted: argparse.Namespace) -> int:
    door = Door(site.url, site.token("ada"))
    await run_many(door, 2)  # the first run pays for imports and connections
    ratio, wall = await one_run(door, stub)
    reached = [_say("one run, product ÷ raw client", ratio, 1.05)]
    many = await run_many(door, wanted.runs)
    slowest = max(watched.ended for watched in many) - min(
        watched.began for watched in many
    )
    reached.append(_say(f"{wanted.runs} runs at once ÷ one run", slowest / wall, 1.5))
    reached += _lags(many)
    if wanted.kills:
        reached.append(await kills(site, stub, door, wanted))
    return 0 if all(reached) else 1


async def one_run(door: Door, stub: Stub) -> tuple[float, float]:
    """Medians of the product's wall and of the ratio, the two clients taking turns."""
    ratios, walls = [], []
    for number in range(ROUNDS):
        raw = await critical_path(stub.base_url, f"Alone, round {number}")
        [watched] = await run_many(door, 1)
        walls.append(watched.wall)
        ratios.append(watched.wall / raw)
        sys.stdout.write(f"  raw {raw:.3f} s, product {watched.wall:.3f} s\n")
    return statistics.median(ratios), statistics.median(walls)


async def run_many(door: Door, count: int) -> list[Watched]:
    """Start `count` runs at once, one viewer each; returns when all have ended."""
    limits = httpx.Limits(max_connections=count)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client:

        async def one(number: int) -> Watched:
            prompt = f"Run {number} of {count}: {random.random()}"
            watched = await start(door, client, "three", prompt)
            await watch(door, watched)
            return watched

        return list(await asyncio.gather(*(one(number) for number in range(count))))


def _lags(many: list[Watched]) -> list[bool]:
    lags = sorted(lag * 1000 for watched in many for lag in watched.lags)
    p50, p99 = lags[len(lags) // 2], lags[int(len(lags) * 0.99)]
    sys.stdout.write(f"  {len(lags):,} chunks, worst {lags[-1]:.0f} ms\n")
    return [
        _say("chunk → viewer, p50 ms", p50, 60),
        _say("chunk → viewer, p99 ms", p99, 300),
    ]


async def kills(site: Site, stub: Stub, door: Door, wanted: argparse.Namespace) -> bool:
    """Kill the worker again and again; the seed is printed so that it can be repeated."""
    chance = random.Random(wanted.seed)
    sys.stdout.write(f"  kills with seed {wanted.seed}\n")
    done: list[Kill] = []
    for number in range(wanted.kills):
        kill = await kill_once(site, stub, door, number=number, chance=chance)
        done.append(kill)
        sys.stdout.write(f"  {kill}\n")
    good = sum(kill.good for kill in done)
    sys.stdout.write(f"kills survived: {good} of {len(done)}\n")
    return good == len(done)


def _say(what: str, figure: float, limit: float) -> bool:
    verdict = "reached" if figure <= limit else "MISSED"
    sys.stdout.write(f"{what}: {figure:.3f} (≤ {limit}) {verdict}\n")
    return figure <= limit


if __name__ == "__main__":
    sys.exit(main())
