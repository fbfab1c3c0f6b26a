"""What journeys at the builder share: opening it, reading its diagram, leaving it."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Page, expect

from tests.browser import Tab


async def discard(page: Page) -> None:
    """Throw the working copy of this page away, if it is still one."""
    if "/builder/" in page.url:
        await page.goto(
            re.sub(r"/builder/([\w-]+)/.*", r"/builder/\1/changes/", page.url)
        )
        await (
            page.get_by_role("button", name="Discard this")
            .or_(page.get_by_role("button", name="Discard these changes"))
            .click()
        )


async def open_builder(tab: Tab, slug: str, at: str = "1.A") -> Page:
    """The builder with a recipe of Research, whatever was edited before."""
    page, address = tab.page, f"/recipes/research/{slug}/"
    await tab.goto(address)
    if await page.get_by_role("button", name="Go on editing").count():
        await page.get_by_role("button", name="Go on editing").click()
        await page.wait_for_url("**/builder/**")
        await discard(page)
        await tab.goto(address)
    await page.get_by_role("button", name="Edit", exact=True).click()
    await expect(page.locator("#builder")).to_be_visible()
    await page.goto(f"{page.url.partition('?')[0]}?at={at}")
    return page


def seats(page: Page, layer: int) -> Any:
    """The slots of a layer in the diagram, counted from 1."""
    return page.locator(f"#diagram [data-layer='{layer - 1}'] .seat")


async def chips(page: Page) -> list[str]:
    """The labels in the diagram, with their layers."""
    return await page.locator("#diagram .seat .chip").all_text_contents()


async def kept(page: Page, number: str) -> None:
    """Wait until the server has that version."""
    await expect(page.locator("#version")).to_have_value(number)


async def current(page: Page) -> str:
    """What is chosen in the diagram."""
    return await page.locator("#diagram .seat[aria-current]").inner_text()
