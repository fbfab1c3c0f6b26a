"""Each draft in a real browser: stopped, retried, left out, edited; and the next turn."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser import Tab, open_tab
from tests.journeys.watching import export_of, start
from tests.sites import Site

pytestmark = pytest.mark.asyncio(loop_scope="session")
DONE = "#run-status:is([data-state=done], [data-state=degraded])"


def card(page: Page, key: str) -> Locator:
    return page.locator(f'article[data-key="{key}"]')


async def more(page: Page, key: str, action: str) -> None:
    """Unfold the card, open its rarer actions and take one."""
    article = card(page, key)
    folded = article.get_by_role("link", name="Read on")
    if await folded.count():
        await folded.click()
        await expect(folded).to_have_count(0)
    await article.get_by_text("More", exact=True).click()
    await article.get_by_text(action, exact=True).click()


async def done(page: Page) -> dict[str, Any]:
    """Wait until this page's run is done; the run as data."""
    await page.wait_for_selector(DONE, timeout=60_000)
    return await export_of(page, page.url.partition("?")[0].partition("#")[0])


async def next_run(page: Page, before: str) -> None:
    """Wait until the page is another run's."""
    await page.wait_for_url(lambda url: "/runs/" in url and url != before)


def given(run: dict[str, Any]) -> dict[str, str | None]:
    return {draft["key"]: draft["x_given"] for draft in run["drafts"]}


async def test_drafts_are_stopped_and_retried_as_they_are_written(
    site: Site, browser: Browser, ben: Any, tab: Tab
) -> None:
    await tab.goto("/")
    address = await start(tab.page, "lengthy", "Stop the first, retry the second")
    async with open_tab(browser, site.url, storage_state=ben) as other:
        await other.page.goto(address)
        await expect(card(tab.page, "1.A.1").locator(".stream")).to_contain_text("w3")
        await card(tab.page, "1.A.1").get_by_role("button", name="Stop").click()
        for page in (tab.page, other.page):
            stopped = card(page, "1.A.1")
            await expect(stopped).to_have_attribute("data-status", "stopped")
            await expect(stopped).to_contain_text("w3")
        await more(tab.page, "1.B.1", "Retry with brief")
        run = await done(tab.page)
        await done(other.page)
    assert tab.page.url == address
    calls = [(call["draft"], call["model"], call["status"]) for call in run["calls"]]
    assert calls == [
        ("1.A.1", "slow", "cancelled"),
        ("1.B.1", "slow", "cancelled"),
        ("1.B.1", "brief", "done"),
        ("2.Z.1", "brief", "done"),
    ]


async def test_run_goes_on_without_a_draft_and_from_an_edited_one(tab: Tab) -> None:
    page = tab.page
    await tab.goto("/")
    first = await start(page, "quick", "Leave one out, edit the other")
    await done(page)
    await page.reload()
    await more(page, "1.A.1", "Leave out")
    await next_run(page, first)
    run = await done(page)
    assert given(run) == {"1.A.1": "left_out", "1.B.1": "reused", "2.Z.1": None}
    assert first.rstrip("/").endswith(run["parent"])
    await page.reload()
    second = page.url
    await more(page, "1.B.1", "Edit and run on")
    field = page.get_by_label(re.compile("shall say"))
    await expect(field).to_have_value(re.compile("w1 w2"))
    await field.fill("What I would say.\n\nIn two parts.")
    await page.get_by_role("button", name="Run on from here").click()
    await next_run(page, f"{second}drafts/1.B.1/edit/")
    run = await done(page)
    assert given(run) == {"1.A.1": "left_out", "1.B.1": "edited", "2.Z.1": None}
    assert run["drafts"][1]["text"] == "What I would say.\n\nIn two parts."
    await page.reload()
    await expect(card(page, "1.B.1")).to_contain_text("In two parts.")


async def test_next_turn_and_one_model_alone_are_runs_of_their_own(tab: Tab) -> None:
    page = tab.page
    await tab.goto("/")
    first = await start(page, "quick", "Ask and ask on")
    before = await done(page)
    await page.reload()
    await page.get_by_label("Ask a follow-up").fill("And what then?")
    await page.get_by_role("button", name="Run the follow-up").click()
    await next_run(page, first)
    run = await done(page)
    said = [message["content"] for message in run["messages"]]
    assert said == [
        "Ask and ask on",
        before["answer"]["text"].strip(),
        "And what then?",
    ]
    await page.goto(first)
    await page.get_by_role("button", name="Ask one model alone").click()
    await next_run(page, first)
    run = await done(page)
    assert (run["recipe"]["slug"], len(run["calls"])) == ("single", 1)
    assert first.rstrip("/").endswith(run["parent"])
