"""Every page at twice the size and on small screens; the main job by keys alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser import Tab, open_tab, sign_in
from tests.journeys.watching import Watch, start
from tests.sites import Site

pytestmark = pytest.mark.asyncio(loop_scope="session")
PROMPT = "Say **why**.\n\n" + "A-word-that-does-not-break" * 12
# 1440 px at 200 %, a phone, and the 320 px of WCAG's 1.4.10.
WIDTHS = (720, 390, 320)
# How far a page reaches to the right, and what sticks out of it first.
WIDER = """() => {
  const wide = document.documentElement;
  if (wide.scrollWidth <= wide.clientWidth) return "";
  const out = [...document.querySelectorAll("body *")].find(
    (one) => one.getBoundingClientRect().right > wide.clientWidth + 1
      && !one.closest(".scroll, pre, .unseen, dialog:not([open])"));
  return `${wide.scrollWidth} > ${wide.clientWidth}: ${out?.outerHTML.slice(0, 200)}`;
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def done(site: Site, browser: Browser, ben: Any) -> AsyncIterator[str]:
    """The path of a run that is done."""
    async with open_tab(browser, site.url, storage_state=ben) as tab:
        await tab.goto("/")
        url = await start(tab.page, "three", PROMPT)
        await Watch(tab.page).until_over()
    yield url.removeprefix(site.url)


@pytest.mark.parametrize("width", WIDTHS)
async def test_pages_fit_their_width(
    site: Site, browser: Browser, ben: Any, done: str, width: int
) -> None:
    run = done.split("/")[2]
    places = ["/", "/recipes/", "/recipes/research/three/", "/recipes/new/", "/runs/"]
    views = ("columns", "tabs", "timeline", "compare", "focus&draft=1.A.1")
    places += [done, *(f"{done}?view={view}" for view in views)]
    places += [f"/runs/compare/?left={run}&right={run}", "/runs/nowhere/"]
    size = {"width": width, "height": 450}
    async with open_tab(browser, site.url, storage_state=ben, viewport=size) as tab:
        told = []
        for place in places:
            await tab.goto(place)
            if wider := await tab.page.evaluate(WIDER):
                told.append(f"{place}: {wider}")
    assert "\n".join(told) == ""


async def test_run_is_started_watched_and_stopped_by_keys_alone(
    site: Site, browser: Browser
) -> None:
    async with open_tab(browser, site.url) as tab:
        await sign_in(tab, "ben")
        page = tab.page
        await _tab_to(page, 'select[name="recipe"]')
        await _choose(page, "lengthy")
        await _tab_to(page, 'textarea[name="prompt"]', backwards=True)
        await page.keyboard.type("Say much.")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_url("**/runs/*/")
        await Watch(page).until_written("1.A.1", words=3)
        await _tab_to(page, "#stop button")
        await page.keyboard.press("Enter")
        await expect(page.locator("#run-status")).to_have_attribute(
            "data-state", "cancelled"
        )
        await _see_focus(tab)


async def _tab_to(page: Page, wanted: str, *, backwards: bool = False) -> None:
    key = "Shift+Tab" if backwards else "Tab"
    for _ in range(120):
        if await page.evaluate(
            "(wanted) => document.activeElement?.matches(wanted) ?? false", wanted
        ):
            return
        await page.keyboard.press(key)
    raise AssertionError(f"no way by {key} to {wanted}")


async def _choose(page: Page, wanted: str) -> None:
    """From the list that has the focus, by arrows: letters have to come quickly."""
    await page.keyboard.press("Home")
    for _ in range(20):
        if await page.evaluate("document.activeElement.value") == wanted:
            return
        await page.keyboard.press("ArrowDown")
    raise AssertionError(f"no {wanted} in the list")


async def _see_focus(tab: Tab) -> None:
    """What has the focus is drawn with an outline or a ring."""
    await tab.page.keyboard.press("Tab")
    ring = await tab.page.evaluate(
        "(() => { const s = getComputedStyle(document.activeElement);"
        " return s.outlineStyle !== 'none' || s.boxShadow !== 'none'; })()"
    )
    assert ring
