"""What watching costs: a run's page in Chromium while six drafts stream at once.

The main thread and its longest task are counted in CPU time of their own thread, so that
what else the machine does is not laid to them. Layout shifts are what the page observes.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, CDPSession, Page, async_playwright

from tests.bench.viewers import Door, start
from tests.browser import OPTIONS, PROGRAM, Tab, open_tab, sign_in
from tests.sites import (
    MODELS,
    RECIPES,
    Site,
    layer,
    provision_text,
    recipe,
    running_site,
)
from tests.stub.fixtures import running_stub

# 80 tokens a second in each of six drafts, for fifteen seconds.
STREAMS = {"eighty": "m-200-1200-12"}
_SLOTS = [{"model": "eighty", "params": {"max_tokens": 1200}}] * 6
SIX = recipe("six", {"kind": "draft", "slots": _SLOTS}, layer("aggregate", "brief"))
SECONDS = 5.0
MOST_CORE, MOST_SHIFT, MOST_TASK_MS, MOST_PAGE = 0.30, 0.02, 50, 150_000
WATCH = """() => {
  const seen = window.__seen = { shift: 0, shifts: [] };
  const near = (node) => {
    const one = node?.nodeType === 1 ? node : node?.parentElement;
    return one ? `${one.tagName}.${one.className} in #${one.closest('[id]')?.id}` : '?';
  };
  new PerformanceObserver((list) => list.getEntries().forEach((one) => {
    if (one.hadRecentInput) return;
    seen.shift += one.value;
    seen.shifts.push([one.value, one.sources.map((from) => near(from.node))]);
  })).observe({ type: 'layout-shift' });
}"""
WRITING = """() => document.querySelectorAll(
  '.draft[data-status=writing] [data-stream]:not(:empty)').length"""

STATE = "() => document.querySelector('#run-status').dataset.state"


@dataclass(frozen=True, slots=True)
class Watched:
    """One page while its drafts streamed."""

    core: float
    shift: float
    shifts: list[Any]
    longest_ms: float
    words: int
    foreign: list[str]
    page_bytes: int

    @property
    def figures(self) -> list[tuple[str, float, float]]:
        """What was measured beside its limit."""
        return [
            ("six drafts, main thread in cores", self.core, MOST_CORE),
            ("six drafts, layout shift", self.shift, MOST_SHIFT),
            ("six drafts, longest task ms", self.longest_ms, MOST_TASK_MS),
            ("page without drafts, kB sent", self.page_bytes / 1000, MOST_PAGE / 1000),
            ("requests elsewhere", len(self.foreign), 0),
        ]


async def watch_six(tab: Tab, door: Door, *, seconds: float = SECONDS) -> Watched:
    """Start a run of six drafts and watch it on its page, for a while, in mid-stream."""
    page = tab.page
    cdp = await page.context.new_cdp_session(page)
    await cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    sent = await _count_bytes(cdp)
    async with httpx.AsyncClient(timeout=60) as client:
        run = await start(door, client, "six", f"Six at once, {time.monotonic()}")
    await tab.goto(f"/runs/{run.run_id}/")
    page_bytes = sum(sent)
    await _until(page, WRITING, 6)
    await page.evaluate(WATCH)
    words = await _words(page)
    began, busy = time.monotonic(), await _busy(cdp)
    await asyncio.sleep(seconds)
    core = (await _busy(cdp) - busy) / (time.monotonic() - began)
    longest = await _longest_task(page, seconds=seconds / 2)
    assert await page.evaluate(WRITING) == 6, "the drafts were over too early"
    words = await _words(page) - words
    seen = await page.evaluate("() => window.__seen")
    await _until(page, STATE, "done")
    return Watched(
        core=core,
        shift=seen["shift"],
        shifts=seen["shifts"],
        longest_ms=longest,
        words=words,
        foreign=tab.abroad(),
        page_bytes=page_bytes,
    )


async def _until(page: Page, script: str, value: object) -> None:
    """Asked again and again: the page's policy lets no condition be evaluated in it."""
    async with asyncio.timeout(60):
        while await page.evaluate(script) != value:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def _count_bytes(cdp: CDPSession) -> list[int]:
    sent: list[int] = []
    cdp.on(
        "Network.loadingFinished",
        lambda event: sent.append(int(event["encodedDataLength"])),
    )
    await cdp.send("Network.enable")
    await cdp.send("Network.setCacheDisabled", {"cacheDisabled": True})
    return sent


async def _busy(cdp: CDPSession) -> float:
    metrics = (await cdp.send("Performance.getMetrics"))["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))


async def _longest_task(page: Page, *, seconds: float) -> float:
    """The most CPU milliseconds of one task of the page's main thread."""
    browser = page.context.browser
    assert browser is not None
    await browser.start_tracing(page=page, categories=["toplevel"])
    await asyncio.sleep(seconds)
    events = json.loads(await browser.stop_tracing())["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = (
        event["tdur"] / 1000
        for event in events
        if "tdur" in event and (event["pid"], event["tid"]) in mains
    )
    return max(tasks, default=0.0)


async def _words(page: Page) -> int:
    script = "() => [...document.querySelectorAll('[data-stream]')].map((one) => one.textContent).join(' ').split(/\\s+/).length"
    return int(await page.evaluate(script))


def main() -> int:
    """Measure once, print, and say by the exit code whether every figure was reached."""
    with tempfile.TemporaryDirectory(prefix="moa-") as folder, running_stub() as stub:
        text = provision_text(
            stub.base_url, models={**MODELS, **STREAMS}, recipes=[*RECIPES, SIX]
        )
        with running_site(Path(folder), provision=text) as site:
            watched = asyncio.run(browse(site))
    for what, figure, limit in watched.figures:
        verdict = "reached" if figure <= limit else "MISSED"
        sys.stdout.write(f"{what}: {figure:.3f} (≤ {limit:g}) {verdict}\n")
    return 0 if all(figure <= limit for _, figure, limit in watched.figures) else 1


async def browse(site: Site) -> Watched:
    """Measure once, in a browser of our own."""
    door = Door(site.url, site.token("ada"))
    async with async_playwright() as playwright:
        browser: Browser = await playwright.chromium.launch(
            executable_path=str(PROGRAM), args=OPTIONS
        )
        async with open_tab(
            browser, site.url, viewport={"width": 1440, "height": 1000}
        ) as tab:
            await sign_in(tab, "ada")
            watched = await watch_six(tab, door)
        await browser.close()
        return watched
