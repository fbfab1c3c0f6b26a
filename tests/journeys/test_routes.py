"""A route in a browser: before a recipe, its branches by keys and by drag, and in a run."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.browser import Tab, open_tab
from tests.journeys.building import open_builder
from tests.journeys.test_accessibility import RULES
from tests.journeys.watching import Watch, start
from tests.sites import Site

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]


async def numbers(page: Page) -> list[str]:
    """The branches' layers by the model of their first slot, above then below."""
    lanes = page.locator("#diagram .lane")
    return [
        " ".join(await lanes.nth(at).locator(".seat .model").all_inner_texts())
        for at in range(2)
    ]


async def test_route_is_put_before_a_recipe_and_its_branches_are_moved(
    tab: Tab,
) -> None:
    page = tab.page
    await open_builder(tab, "quick")
    await page.locator("#diagram [data-place='0']").click()
    await page.get_by_role("button", name="Route", exact=True).click()
    await expect(page.locator("#diagram .lane")).to_have_count(2)
    assert await numbers(page) == ["brief brief brief", "brief"]
    # By keys: from the route right into the branch above, down to the one below.
    await page.locator("#diagram [data-layer='0'] h3 a").click()
    await expect(page.locator("#diagram [data-layer='0'] h3 a")).to_have_attribute(
        "aria-current", "true"
    )
    for key, layer in (("ArrowRight", 1), ("ArrowDown", 1), ("ArrowUp", 1)):
        await page.keyboard.press(key)
        await expect(
            page.locator(f"#diagram [data-layer='{layer}'][data-current]")
        ).to_be_visible()
    await page.keyboard.press("Shift+ArrowDown")
    await expect(page.locator("#diagram .lane").nth(1).locator(".layer")).to_have_count(
        2
    )
    assert await numbers(page) == ["brief", "brief brief brief"]
    await page.keyboard.press("u")
    await expect(page.locator("#diagram .lane").nth(1).locator(".layer")).to_have_count(
        1
    )
    # By drag: the answer's layer from above behind what stands below.
    header = page.locator("#diagram [data-layer='2'] header")
    below = await page.locator("#diagram .lane").nth(1).locator(".layer").bounding_box()
    at = await header.bounding_box()
    assert below is not None
    assert at is not None
    await page.mouse.move(at["x"] + 60, at["y"] + 12)
    await page.mouse.down()
    await page.mouse.move(at["x"] + 60, at["y"] + 40, steps=4)
    await page.mouse.move(below["x"] + below["width"] - 8, below["y"] + 20, steps=8)
    await page.mouse.up()
    await expect(page.locator("#diagram .lane").nth(1).locator(".layer")).to_have_count(
        2
    )
    assert await numbers(page) == ["brief brief", "brief brief"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_of_a_route_have_no_violation(
    site: Site, browser: Browser, ben: Any, scheme: Any
) -> None:
    async with open_tab(
        browser, site.url, storage_state=ben, color_scheme=scheme
    ) as tab:
        await tab.goto("/?team=research&recipe=routed-moa")
        run = await start(tab.page, "routed-moa", "Why is the sky blue?")
        await Watch(tab.page).until_over()
        await expect(tab.page.locator("#layer-1")).to_contain_text("counts as hard")
        await expect(tab.page.locator("[data-passed]")).to_have_count(1)
        told = []
        for width, height in ((1440, 1000), (390, 844)):
            await tab.page.set_viewport_size({"width": width, "height": height})
            for place in (run, f"{site.url}/recipes/research/routed-moa/"):
                await tab.page.goto(place)
                found = await Axe().run(tab.page, options={"runOnly": RULES})
                told += [
                    f"{place}: {each['id']}" for each in found.response["violations"]
                ]
        assert told == []
        assert tab.errors == []
