"""The builder for everybody: what axe finds, and whether it fits a small screen."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.browser import open_tab, sign_in
from tests.journeys.building import discard, open_builder, seats
from tests.sites import Site

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]
PHONE = {"width": 390, "height": 844}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PLACES = ("?at=0", "?at=2", "?at=2.C", "?at=3.Z", "changes/")
AROUND = (
    "/recipes/",
    "/recipes/new/?team=research",
    "/recipes/research/three/",
    "/recipes/research/three/?view=yaml",
    "/recipes/research/three/?view=revisions",
    "/recipes/research/three/?view=runs",
    "/recipes/research/three/compare/",
)


@pytest_asyncio.fixture(loop_scope="session")
async def screen(site: Site, browser: Browser, ben: Any) -> AsyncIterator[Any]:
    """What opens a tab of Ben's on a screen of a size, in a scheme."""

    def at(width: int, scheme: str = "light") -> Any:
        size = {"width": width, "height": 900}
        return open_tab(
            browser, site.url, storage_state=ben, viewport=size, color_scheme=scheme
        )

    yield at


async def violations(page: Page) -> list[str]:
    """The rules of WCAG 2.2 AA that the page breaks, and where."""
    options = {"runOnly": {"type": "tag", "values": TAGS}}
    results = await Axe().run(page, options=options)
    return [
        f"{page.url}: {each['id']}: {node['html'][:160]}"
        for each in results.response["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
async def test_builder_has_no_violation(screen: Any, width: int, scheme: str) -> None:
    async with screen(width, scheme) as tab:
        page = await open_builder(tab, "three", at="2.C")
        address = page.url.partition("?")[0]
        field = page.get_by_label("Temperature", exact=True)
        await field.evaluate("e => { e.closest('details').open = true; }")
        await field.fill("hot")
        await expect(page.locator("#troubles")).to_be_visible()
        told = await violations(page)
        for place in PLACES:
            await page.goto(f"{address}{place}")
            told += await violations(page)
        for place in AROUND:
            await tab.goto(place)
            told += await violations(page)
        await page.goto(address)
        await discard(page)
    assert "\n".join(told) == ""


@pytest.mark.parametrize("width", [720, 390, 320])
async def test_builder_fits_its_width(screen: Any, width: int) -> None:
    """720 px is 1440 at 200 %, 320 px what WCAG's 1.4.10 asks for."""
    async with screen(width) as tab:
        page = await open_builder(tab, "three", at="2.C")
        address = page.url.partition("?")[0]
        places = [*(f"{address}{place}" for place in PLACES)]
        places += [f"{tab.base_url}{place}" for place in AROUND]
        wide = [place for place in places if await reaches(page, place) > 0]
        await page.goto(address)
        await discard(page)
    assert wide == []


async def reaches(page: Page, place: str) -> int:
    """By how many pixels a page is wider than its window."""
    await page.goto(place)
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(await page.evaluate(over))


async def test_reader_sees_recipes_and_no_way_to_change_them(
    site: Site, browser: Browser
) -> None:
    async with open_tab(browser, site.url) as tab:
        await sign_in(tab, "vera")
        await tab.goto("/recipes/research/three/")
        await expect(tab.page.locator("#diagram .seat")).to_have_count(7)
        buttons = await tab.page.locator("main button, main summary").all_inner_texts()
        assert buttons == ["Export"]
        await tab.goto("/recipes/")
        assert await tab.page.locator("main button").count() == 0


async def test_builder_is_usable_on_a_phone(
    site: Site, browser: Browser, ben: Any
) -> None:
    options = {
        "storage_state": ben,
        "viewport": PHONE,
        "has_touch": True,
        "is_mobile": True,
    }
    async with open_tab(browser, site.url, **options) as tab:
        page = await open_builder(tab, "three", at="1.A")
        wide = "e => document.documentElement.scrollWidth - innerWidth"
        assert await page.evaluate(wide) <= 0
        await expect(
            page.locator("details[data-group='slot.prompt']")
        ).not_to_have_attribute("open", "")
        await page.locator("#diagram [data-place='2.~2']").tap()
        await expect(page.locator("#slot-title")).to_be_in_viewport()
        await page.get_by_role("radio", name="brief").check()
        await expect(page.locator("#diagram [data-place='2.~2']")).to_contain_text(
            "brief"
        )
        small = await page.evaluate(SMALL)
        assert small == []
        await discard(page)
        assert tab.errors == []
        assert tab.violations() == []


SMALL = """() => [...document.querySelectorAll("#workshop button, #workshop summary, #workshop .seat, #workshop .input")]
  .filter((each) => each.checkVisibility() && !each.closest(".unseen") && !each.matches(".unseen"))
  .map((each) => [each.outerHTML.slice(0, 90), each.getBoundingClientRect().height])
  .filter(([, height]) => height < 36)"""


async def test_builder_works_without_scripts(
    site: Site, browser: Browser, ben: Any
) -> None:
    async with open_tab(
        browser, site.url, storage_state=ben, java_script_enabled=False
    ) as tab:
        page = await open_builder(tab, "three", at="1.A")
        await page.get_by_label("Temperature", exact=True).fill("0.75")
        await page.get_by_role("button", name="Duplicate slot A").click()
        await expect(page.locator("#diagram .seat[aria-current]")).to_contain_text(
            "0.75"
        )
        await expect(seats(page, 1)).to_have_count(4)
        await page.locator("#diagram [data-place='3.~1']").click()
        await expect(page.locator("#slot-title")).to_contain_text("Slot Z")
        await page.get_by_role("button", name=re.compile("^Undo")).click()
        await expect(seats(page, 1)).to_have_count(3)
        await discard(page)
