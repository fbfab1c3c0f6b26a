"""No page breaks a rule of WCAG 2.2 AA that a machine can check, in either scheme."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser

from tests.browser import Tab, open_tab, sign_in
from tests.journeys.watching import Watch, start
from tests.sites import Site

pytestmark = pytest.mark.asyncio(loop_scope="session")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
Scheme = Literal["light", "dark"]
SIZES = {"desk": (1440, 1000), "phone": (390, 844)}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runs(site: Site, browser: Browser, ben: Any) -> AsyncIterator[list[str]]:
    """Addresses of a run that is done and of one that was stopped."""
    async with open_tab(browser, site.url, storage_state=ben) as tab:
        await tab.goto("/")
        done = await start(tab.page, "three", "Say **why**, with `code` and $x^2$.")
        await Watch(tab.page).until_over()
        await tab.goto("/")
        stopped = await start(tab.page, "lengthy", "Say much.")
        await Watch(tab.page).until_written("1.A.1", words=3)
        await tab.page.get_by_role("button", name="Stop").first.click()
        await Watch(tab.page).until_over()
    yield [address.removeprefix(site.url) for address in (done, stopped)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_pages_have_no_violation(
    site: Site, browser: Browser, ben: Any, runs: list[str], scheme: Scheme, size: str
) -> None:
    done, stopped = runs
    pair = f"left={done.split('/')[2]}&right={stopped.split('/')[2]}"
    places = ["/", "/recipes/", "/recipes/research/three/", "/runs/", done, stopped]
    places += [f"{done}?view={view}" for view in ("tabs", "timeline", "compare")]
    places += [f"/runs/compare/?{pair}", "/runs/nowhere/", f"{done}drafts/1.A.1/edit/"]
    places += [f"{done}drafts/1.A.1/retry/"]
    places += ["/runs/?q=why&state=done", "/runs/?q=zebra", f"{done}delete/"]
    width, height = SIZES[size]
    async with open_tab(
        browser,
        site.url,
        storage_state=ben,
        color_scheme=scheme,
        viewport={"width": width, "height": height},
    ) as tab:
        told = [line for place in places for line in await _violations(tab, place)]
    assert "\n".join(told) == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_sign_in_has_no_violation(
    site: Site, browser: Browser, scheme: Scheme
) -> None:
    async with open_tab(browser, site.url, color_scheme=scheme) as tab:
        assert await _violations(tab, "/sign-in/") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_live_run_has_no_violation(
    site: Site, browser: Browser, ben: Any, scheme: Scheme
) -> None:
    async with open_tab(
        browser, site.url, storage_state=ben, color_scheme=scheme
    ) as tab:
        await tab.goto("/")
        await start(tab.page, "lengthy", "Say much, slowly.")
        await Watch(tab.page).until_written("1.A.1", words=3)
        assert await _check(tab, "live") == []
        await tab.page.get_by_role("button", name="Stop").first.click()


async def _violations(tab: Tab, place: str) -> list[str]:
    await tab.goto(place)
    await asyncio.sleep(0.1)
    return await _check(tab, place)


async def _check(tab: Tab, place: str) -> list[str]:
    options = {
        "resultTypes": ["violations"],
        "runOnly": {"type": "tag", "values": RULES},
    }
    results = await Axe().run(tab.page, options=options)
    return [
        f"{place}: {each['id']}: {node['target']}: {node['failureSummary']}"
        for each in results.response["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_of_admins_have_no_violation(
    site: Site, browser: Browser, scheme: Scheme
) -> None:
    async with open_tab(browser, site.url, color_scheme=scheme) as tab:
        await sign_in(tab, "ada")
        places = ["/", "/runs/", "/teams/research/keeping/"]
        told = [line for place in places for line in await _violations(tab, place)]
    assert "\n".join(told) == ""
