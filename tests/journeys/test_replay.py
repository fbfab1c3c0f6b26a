"""A finished run plays again as it happened, at the reader's pace: on the stub."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser import Tab, open_tab
from tests.journeys.watching import Watch, export_of, start
from tests.sites import MODELS, Site
from tests.stub.server import Stub

pytestmark = pytest.mark.asyncio(loop_scope="session")
SHOWN = """() => ({
  at: document.querySelector('#replay output').textContent,
  state: document.querySelector('#run-status').dataset.state,
  clock: document.querySelector('.readout b').textContent,
  streams: Object.fromEntries([...document.querySelectorAll('[data-stream]')].map(
    (one) => [one.dataset.stream, one.textContent])),
  finals: Object.fromEntries([...document.querySelectorAll('[data-final]')].map(
    (one) => [one.dataset.final, one.dataset.source])),
})"""
SEEK = """async (t) => {
  const range = document.getElementById('replay-at');
  range.value = t;
  range.dispatchEvent(new Event('input', { bubbles: true }));
  await new Promise((then) => requestAnimationFrame(() => setTimeout(then)));
}"""
# How long the jump itself takes, its layout included.
SEEK_MS = """async (t) => {
  const range = document.getElementById('replay-at');
  range.value = t;
  const began = performance.now();
  range.dispatchEvent(new Event('input', { bubbles: true }));
  await new Promise((then) => requestAnimationFrame(then));
  document.body.getBoundingClientRect();
  return performance.now() - began;
}"""


async def seek(page: Page, t: float) -> dict[str, Any]:
    """Move the scrubber; what the page shows then."""
    await page.evaluate(SEEK, t)
    seen: dict[str, Any] = await page.evaluate(SHOWN)
    return seen


async def opened(tab: Tab, url: str) -> Page:
    """The replay of a run, paused as soon as it can be."""
    await tab.page.goto(f"{url}?replay")
    play = tab.page.locator("[data-play]")
    await expect(play).to_be_enabled(timeout=20_000)
    if "Pause" in (await play.inner_text()):
        await play.click()
    return tab.page


async def ended_run(tab: Tab, recipe: str, prompt: str) -> str:
    """The address of a run that is over."""
    await tab.goto("/")
    url = await start(tab.page, recipe, prompt)
    await Watch(tab.page).until_over()
    await asyncio.sleep(0.5)  # its feed is stored behind its end
    return url


async def test_replay_is_the_run_at_every_moment(tab: Tab, stub: Stub) -> None:
    url = await ended_run(tab, "three", "[[t:again and again]] Go.")
    kept = {d["key"]: d["text"] for d in (await export_of(tab.page, url))["drafts"]}
    page = await opened(tab, url)
    total = float(await page.get_attribute("#replay-at", "max") or 0)

    seen = await seek(page, 0)
    assert (seen["streams"], seen["finals"]) == ({}, {})
    middles = [await seek(page, total * part / 8) for part in (1, 3, 6, 2)]
    for middle in middles:
        assert middle["state"] == "running"
        assert middle["clock"] == middle["at"].partition(" / ")[0]
        for key, text in middle["streams"].items():
            assert kept[key].startswith(text), key
        assert all(kept[key] == text for key, text in middle["finals"].items())
    assert any(any(middle["streams"].values()) for middle in middles)
    last = await seek(page, total)
    assert last["state"] == "done"
    assert last["finals"] == kept
    assert await seek(page, total * 3 / 8) == middles[1]


async def test_replay_plays_pauses_and_ends(tab: Tab, stub: Stub) -> None:
    url = await ended_run(tab, "three", "[[t:plays]] Go.")
    kept = {d["key"]: d["text"] for d in (await export_of(tab.page, url))["drafts"]}
    page = await opened(tab, url)
    before = await seek(page, 0)
    assert await page.evaluate(SHOWN) == before
    await page.locator("[data-play]").click()
    await expect(page.locator("[data-stream]:not(:empty)").first).to_be_attached()
    await page.locator("[name=speed][value='8']").check(force=True)
    await expect(page.locator("[data-play]")).to_contain_text("Again", timeout=20_000)
    assert (await page.evaluate(SHOWN))["finals"] == kept
    assert tab.abroad() == []
    assert not [url for url in tab.requests if "/ws/runs/" in url and "?replay" in url]


async def test_keys_steer_the_scrubber(tab: Tab, stub: Stub) -> None:
    url = await ended_run(tab, "three", "[[t:scrubber]] Go.")
    page = await opened(tab, url)
    await seek(page, 0)
    scrubber = page.get_by_label("Time in the run")
    await scrubber.focus()
    await page.keyboard.press("PageUp")
    await page.keyboard.press("PageUp")
    await expect(page.locator("#run-status")).to_contain_text("layer 2 of 3")
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("#run-status")).to_contain_text("layer 1 of 3")
    await page.keyboard.press("End")
    await expect(page.locator("#run-status")).to_contain_text("Done")
    spoken = await scrubber.get_attribute("aria-valuetext") or ""
    assert " of " in spoken
    await expect(page.locator("#replay .marks line")).to_have_count(3)
    await expect(page.locator("#replay-starts")).to_contain_text("layer 2 at")


async def test_replay_of_a_run_that_failed_and_tried_again(
    tab: Tab, stub: Stub
) -> None:
    broken = "[[stub m-10-5-5: fault-cut-3-then-m-100-40-20]]"
    url = await ended_run(tab, "one", f"[[t:broken]] {broken}")
    page = await opened(tab, url)
    total = float(await page.get_attribute("#replay-at", "max") or 0)
    steps = [await seek(page, total * part / 40) for part in range(41)]
    assert steps[-1]["state"] == "done"
    texts = [step["streams"].get("1.A.1", "") for step in steps]
    assert texts[1] != texts[-2]
    await expect(page.locator("#timeline")).to_contain_text("broke off")


async def test_stopped_run_replays_to_its_stop(tab: Tab, stub: Stub) -> None:
    await tab.goto("/")
    watch = Watch(tab.page)
    url = await start(tab.page, "lengthy", "[[t:stopped]] Go.")
    await watch.until_written("1.A.1", words=8)
    await tab.page.get_by_role("button", name="Stop run").click()
    await watch.until_over(seconds=10)
    await asyncio.sleep(0.5)
    kept = {d["key"]: d["text"] for d in (await export_of(tab.page, url))["drafts"]}
    page = await opened(tab, url)
    last = await seek(page, 10**9)
    assert last["state"] == "cancelled"
    assert last["streams"]["1.A.1"] == kept["1.A.1"]


@pytest.mark.parametrize("width", [390, 1440])
async def test_bar_covers_nothing(
    site: Site, browser: Browser, ben: Any, stub: Stub, width: int
) -> None:
    options = {"viewport": {"width": width, "height": 844}, "storage_state": ben}
    async with open_tab(browser, site.url, reduced_motion="reduce", **options) as tab:
        url = await ended_run(tab, "quick", f"[[t:bar {width}]] Go.")
        await tab.page.goto(f"{url}?replay")
        await expect(tab.page.locator("[data-play]")).to_be_enabled(timeout=20_000)
        await expect(tab.page.locator("[data-play]")).to_contain_text("Play")
        await seek(tab.page, 10**9)
        await tab.page.evaluate("scrollTo(0, document.body.scrollHeight)")
        above = """() => document.querySelector('#run-foot').getBoundingClientRect().bottom
          - document.querySelector('#replay').getBoundingClientRect().top"""
        assert await tab.page.evaluate(above) <= 0.5
        wide = "() => document.documentElement.scrollWidth - innerWidth"
        assert await tab.page.evaluate(wide) <= 0


async def test_jumps_through_a_long_run_are_quick(tab: Tab, stub: Stub) -> None:
    long = f"[[stub {MODELS['fast']}: m-10-1500-1]] [[stub {MODELS['careful']}: m-10-1500-1]]"
    url = await ended_run(tab, "three", f"[[t:long]] {long}")
    page = await opened(tab, url)
    total = float(await page.get_attribute("#replay-at", "max") or 0)
    took = [
        await page.evaluate(SEEK_MS, total * part)
        for part in (1, 0, 0.9, 0.2, 0.7, 0.1, 1, 0.5)
    ]
    # 150 ms on a machine at rest; others may be at work beside this test
    assert sorted(took)[len(took) // 2] < 300, took


async def test_recorded_run_plays_for_the_owner_of_a_fresh_site(
    site: Site, browser: Browser
) -> None:
    link = site.manage("signin", "owner").stdout.split()[-1]
    path = "/sign-in/" + link.partition("/sign-in/")[2]
    async with open_tab(browser, site.url) as tab:
        await tab.goto(path)
        await tab.page.locator("main form button").click()
        await tab.goto("/?team=home")
        await tab.page.get_by_role("link", name="Watch a recorded run").first.click()
        await tab.page.wait_for_url("**/runs/**?replay")
        await expect(tab.page.locator(".run-head")).to_contain_text("Recorded")
        await expect(tab.page.locator("[data-play]")).to_be_enabled(timeout=20_000)
        await tab.page.locator("[name=speed][value='8']").check(force=True)
        await expect(
            tab.page.locator("[data-stream]:not(:empty)").first
        ).to_be_attached(timeout=20_000)
        last = await seek(tab.page, 10**9)
        assert last["state"] == "done"
        assert tab.errors == []
