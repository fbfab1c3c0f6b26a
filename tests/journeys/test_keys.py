"""Single keys: listed by ?, silent while somebody types, off for whoever wants them off."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.browser import Tab
from tests.journeys.watching import Watch, start
from tests.sites import Site
from tests.stub.server import Stub

pytestmark = pytest.mark.asyncio(loop_scope="session")
IN = "() => document.activeElement.closest('article.draft, #answer')?.id"


async def over(tab: Tab, prompt: str) -> str:
    """The page of a run that is over; its address."""
    await tab.page.set_viewport_size({"width": 1440, "height": 1000})
    await tab.goto("/")
    url = await start(tab.page, "three", prompt)
    await Watch(tab.page).until_over()
    await asyncio.sleep(0.5)
    await tab.page.goto(url)
    return url


async def listed(page: Page) -> list[str]:
    """The keys that the dialog names."""
    return [
        one.strip()
        for one in await page.locator("#keys dt > :first-child").all_inner_texts()
    ]


async def test_question_mark_lists_the_keys_of_this_page(tab: Tab, stub: Stub) -> None:
    await over(tab, "[[t:listed]] Go.")
    await tab.page.keyboard.press("?")
    dialog = tab.page.get_by_role("dialog", name="Keys on this page")
    await expect(dialog).to_be_visible()
    assert set("jkfcr?") <= set(await listed(tab.page))
    assert "s" not in await listed(tab.page)
    inside = "() => Boolean(document.activeElement.closest('#keys'))"
    assert await tab.page.evaluate(inside)
    await tab.page.keyboard.press("j")
    assert await tab.page.evaluate(inside)
    await tab.page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()

    await tab.goto("/")
    await tab.page.locator("[data-keys]").click()
    assert not set("jkfcr") & set(await listed(tab.page))


async def test_keys_go_from_draft_to_draft(tab: Tab, stub: Stub) -> None:
    url = await over(tab, "[[t:from]] Go.")
    seen = []
    for _ in range(4):
        await tab.page.keyboard.press("j")
        seen.append(await tab.page.evaluate(IN))
    assert seen == ["answer", "draft-2-A-1", "draft-2-B-1", "draft-2-C-1"]
    await tab.page.keyboard.press("k")
    assert await tab.page.evaluate(IN) == "draft-2-B-1"
    await tab.page.keyboard.press("f")
    await tab.page.wait_for_url("**view=focus&draft=2.B.1")
    await tab.page.keyboard.press("j")
    await tab.page.wait_for_url("**view=focus&draft=2.C.1")
    await tab.page.goto(url)
    await tab.page.keyboard.press("c")
    await tab.page.wait_for_url("**view=compare**")
    await tab.page.goto(url)
    await tab.page.keyboard.press("r")
    await tab.page.wait_for_url("**?replay")


async def test_s_goes_to_stop_and_does_not_press_it(tab: Tab, stub: Stub) -> None:
    await tab.goto("/")
    await start(tab.page, "lengthy", "[[t:to stop]] Go.")
    await Watch(tab.page).until_written("1.A.1")
    await tab.page.keyboard.press("s")
    await expect(tab.page.get_by_role("button", name="Stop run")).to_be_focused()
    await asyncio.sleep(0.5)
    await expect(tab.page.locator("#run-status")).to_have_attribute(
        "data-state", "running"
    )
    await tab.page.get_by_role("button", name="Stop run").click()
    await Watch(tab.page).until_over()


async def test_nothing_acts_while_somebody_types_or_with_a_modifier(
    tab: Tab, stub: Stub
) -> None:
    url = await over(tab, "[[t:typing]] Go.")
    await tab.page.keyboard.press("Control+j")
    await tab.page.keyboard.press("Alt+r")
    assert tab.page.url == url
    await tab.goto("/")
    await tab.page.get_by_label("Prompt", exact=True).fill("")
    await tab.page.keyboard.type("Why? j/k, sir.")
    field = tab.page.get_by_label("Prompt", exact=True)
    await expect(field).to_have_value("Why? j/k, sir.")
    await expect(tab.page.locator("#keys")).to_be_hidden()
    await tab.page.keyboard.press("Escape")
    await expect(field).to_have_value("Why? j/k, sir.")


async def test_slash_goes_to_the_search_and_escape_keeps_it(
    tab: Tab, stub: Stub
) -> None:
    await tab.goto("/runs/")
    await tab.page.keyboard.press("/")
    search = tab.page.locator("input[type=search]")
    await expect(search).to_be_focused()
    await tab.page.keyboard.type("sky/sea")
    await tab.page.keyboard.press("Escape")
    await expect(search).to_have_value("sky/sea")


async def test_keys_can_be_switched_off(tab: Tab, stub: Stub) -> None:
    url = await over(tab, "[[t:off]] Go.")
    await tab.page.keyboard.press("?")
    await tab.page.get_by_label("Switch single keys off").check()
    await tab.page.keyboard.press("Escape")
    await tab.page.reload()
    await tab.page.keyboard.press("r")
    await tab.page.keyboard.press("?")
    assert tab.page.url == url
    await expect(tab.page.locator("#keys")).to_be_hidden()
    await tab.page.locator("[data-keys]").click()
    await tab.page.get_by_label("Switch single keys off").uncheck()
    await tab.page.keyboard.press("Escape")
    await tab.page.keyboard.press("?")
    await expect(tab.page.locator("#keys")).to_be_visible()


HIDE = """() => Object.defineProperty(document, 'hidden', { value: true, configurable: true })"""
FAKE = """() => {
  window.told = [];
  window.Notification = class extends EventTarget {
    static permission = 'default';
    static requestPermission = async () => {
      window.told.push('asked');
      return (Notification.permission = 'granted');
    };
    constructor(title, options) { super(); window.told.push([title, options.body]); }
    close() {}
  };
}"""


async def test_the_end_is_told_to_who_asked_for_it(
    site: Site, tab: Tab, stub: Stub
) -> None:
    await tab.page.add_init_script(f"({FAKE})()")
    await tab.goto("/")
    await start(tab.page, "lengthy", f"[[t:told]] {'Many words. ' * 20}")
    await Watch(tab.page).until_written("1.A.1")
    assert await tab.page.evaluate("() => window.told") == []
    await tab.page.get_by_role("button", name="Tell me when it is done").click()
    await expect(tab.page.locator("#tell-me")).to_have_attribute("aria-pressed", "true")
    await tab.page.evaluate(HIDE)
    await Watch(tab.page).until_over()
    asked, (title, body) = await tab.page.evaluate("() => window.told")
    assert asked == "asked"
    assert title.startswith("Done in")
    assert body.startswith("[[t:told]] Many words.")
    assert len(body) == 80
    assert (await tab.page.title()).startswith("✓ Done in")


async def test_without_asking_only_the_title_changes(tab: Tab, stub: Stub) -> None:
    await tab.page.add_init_script(f"({FAKE})()")
    await tab.goto("/")
    await start(tab.page, "lengthy", "[[t:title]] Go.")
    await Watch(tab.page).until_written("1.A.1")
    await tab.page.evaluate(HIDE)
    await Watch(tab.page).until_over()
    assert await tab.page.evaluate("() => window.told") == []
    assert (await tab.page.title()).startswith("✓ Done in")
