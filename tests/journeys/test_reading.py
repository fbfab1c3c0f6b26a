"""Reading what was written: code, formulas, letters, worth, differences, local times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, expect

from tests.browser import open_tab
from tests.journeys.watching import Watch, export_of, start
from tests.sites import MODELS, Site

pytestmark = pytest.mark.asyncio(loop_scope="session")
CODE = "def split(module):\n    return load(module) > 0.8\n"
KEPT = "Keep the monolith for the next year, and divide it on the inside."
OTHERS = "Split it at once into many services that fail on their own."
SAID = {
    "fast": f"{KEPT}\n\n```python\n{CODE}```\n",
    "careful": f"{KEPT} It holds that $x^2 > 1$.",
    "bold": OTHERS,
}
PROMPT = " ".join(f"[[stub {MODELS[name]}: say {text}]]" for name, text in SAID.items())
FAR = "America/New_York"


async def test_finished_run_is_read_with_its_sources(
    site: Site, browser: Browser, ben: Any
) -> None:
    async with open_tab(
        browser,
        site.url,
        storage_state=ben,
        permissions=["clipboard-write", "clipboard-read"],
    ) as tab:
        page = tab.page
        await tab.goto("/")
        url = await start(page, "three", PROMPT)
        await Watch(page).until_over()
        export = await export_of(page, url)
        await page.goto(url)

        answer = page.locator("#answer")
        await expect(answer.locator("math msup")).to_have_count(1)
        letters = answer.locator(".from a")
        assert "1B" in await letters.all_inner_texts()
        target = await letters.first.get_attribute("href")
        assert target
        await expect(page.locator(target)).to_have_count(1)
        rows = page.locator("#worth tbody tr")
        await expect(rows).to_have_count(1 + 6)
        await expect(page.locator("#worth")).to_contain_text("is nearest")

        await tab.goto(url.removeprefix(site.url) + "?view=focus&draft=1.A.1")
        box = page.locator(".code-box")
        await expect(box.locator(".t-k").first).to_have_text("def")
        await box.get_by_role("button", name="Copy this code").click()
        assert await page.evaluate("navigator.clipboard.readText()") == CODE

        await page.goto(f"{url}?view=compare&left=1.A.1&right=1.C.1")
        await expect(page.locator(".diff del", has_text=KEPT)).to_have_count(1)
        await expect(page.locator(".diff ins", has_text=OTHERS)).to_have_count(1)
    assert export["answer"]["text"] == SAID["careful"]


async def test_times_are_the_readers_own(
    site: Site, browser: Browser, ben: Any
) -> None:
    async with open_tab(browser, site.url, storage_state=ben, timezone_id=FAR) as tab:
        await tab.goto("/")
        await start(tab.page, "quick", "What is the time?")
        await Watch(tab.page).until_over()
        await tab.page.evaluate(
            "document.querySelectorAll('time').forEach((one) => one.remove())"
        )
        sent = datetime.now(UTC)
        await tab.page.evaluate(
            """(at) => {
              const place = document.createElement("div");
              place.innerHTML = `<time datetime="${at}">23:30</time>`;
              document.querySelector("main").append(place);
              document.dispatchEvent(
                new CustomEvent("htmx:load", { detail: { elt: place } }));
            }""",
            sent.isoformat(),
        )
        told = await tab.page.locator("main time").inner_text()
    assert told == sent.astimezone(ZoneInfo(FAR)).strftime("%H:%M")
