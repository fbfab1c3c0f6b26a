"""Nothing is lost at the builder: not by typing on, closing, two tabs or two people."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser import Tab, open_tab, sign_in
from tests.journeys.building import discard, open_builder
from tests.sites import Site

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ada(site: Site, browser: Browser) -> dict[str, Any]:
    """The cookies of Ada, an admin of Research."""
    async with open_tab(browser, site.url) as tab:
        await sign_in(tab, "ada")
        return await tab.page.context.storage_state()


async def test_what_is_typed_is_kept_and_never_overwritten(tab: Tab) -> None:
    page = await open_builder(tab, "three", at="1.C")
    await page.locator(".seg label", has_text="its own").click()
    field = page.get_by_label("Its own system prompt", exact=True)
    text = "You take the view that most others would miss, and say why. " * 3
    await field.press_sequentially(text, delay=12)
    await field.evaluate("e => e.setSelectionRange(4, 4)")
    await field.press_sequentially("always ", delay=90)
    told = text.replace("You ", "You always ", 1)
    await expect(page.locator("#diagram .seat[aria-current]")).to_contain_text(
        "own prompt"
    )
    assert await field.input_value() == told
    assert await field.evaluate(
        "e => [e.selectionStart, document.activeElement === e]"
    ) == [11, True]
    await expect(page.locator("#bar")).to_contain_text("1 change")
    await page.reload()
    await expect(field).to_have_value(told)
    # The tab closes; whoever comes back finds it all.
    again = await page.context.new_page()
    await page.close()
    await again.goto(f"{tab.base_url}/recipes/")
    await again.locator(".unsaved").get_by_role("link", name="Three").click()
    await again.locator("#diagram [data-place='1.~3']").click()
    await expect(again.get_by_label("Its own system prompt", exact=True)).to_have_value(
        told
    )
    await discard(again)


async def test_what_was_typed_last_survives_a_page_that_closes(tab: Tab) -> None:
    page = await open_builder(tab, "three", at="0")
    address = page.url
    await page.get_by_label("Description", exact=True).fill("typed and gone at once")
    await tab.goto("/recipes/")
    await expect(page.get_by_text("You are editing")).to_be_visible()
    await page.goto(address)
    await expect(page.get_by_label("Description", exact=True)).to_have_value(
        "typed and gone at once"
    )
    await discard(page)


async def test_typing_while_another_slot_is_asked_for_is_not_lost(tab: Tab) -> None:
    page = await open_builder(tab, "three", at="1.A")
    await page.route("**/builder/**", slowly)
    await page.locator("#diagram [data-place='2.~2']").click()
    await page.get_by_label("Temperature", exact=True).fill("1.25")
    await expect(page.locator("#diagram .seat[aria-current]")).to_contain_text("2B")
    await expect(page.locator("#diagram [data-place='1.~1']")).to_contain_text("1.25")
    await page.unroute_all(behavior="wait")
    await discard(page)


async def slowly(route: Any) -> None:
    """Let a request through after a while."""
    await asyncio.sleep(0.6)
    await route.continue_()


async def test_what_cannot_be_kept_stays_in_the_form_and_says_so(tab: Tab) -> None:
    page = await open_builder(tab, "three", at="0")
    field = page.get_by_label("Description", exact=True)
    await page.context.set_offline(True)
    await field.fill("written in a tunnel")
    await expect(page.locator("#notice")).to_contain_text("No connection")
    await page.context.set_offline(False)
    await field.press_sequentially(".")
    await expect(page.locator("#bar")).to_contain_text("1 change")
    await expect(page.locator("#notice")).to_be_empty()
    await page.context.clear_cookies(name="sessionid")
    await field.press_sequentially(" And signed out.")
    await expect(page.locator("#notice")).to_contain_text("You are signed out")
    await expect(field).to_have_value("written in a tunnel. And signed out.")
    other = Tab(await page.context.new_page(), tab.base_url)
    await sign_in(other, "ben")
    await other.page.close()
    await field.press_sequentially(" Back.")
    await expect(page.locator("#notice")).to_be_empty()
    await discard(page)


async def test_second_tab_of_one_copy_is_told_and_covers_nothing(tab: Tab) -> None:
    page = await open_builder(tab, "three", at="0")
    second = await page.context.new_page()
    await second.goto(page.url)
    await second.get_by_label("Description", exact=True).fill("from the second tab")
    await expect(second.locator("#bar")).to_contain_text("1 change")
    await page.get_by_label("Tags").fill("first")
    await expect(page.locator("#notice")).to_contain_text("changed in another tab")
    await page.keyboard.press("Control+s")
    await expect(page.locator("#notice")).to_contain_text("changed in another tab")
    await expect(page.get_by_label("Tags")).to_have_value("first")
    await page.reload()
    await expect(page.get_by_label("Description", exact=True)).to_have_value(
        "from the second tab"
    )
    await second.close()
    await discard(page)


async def test_two_people_save_and_neither_loses_anything(
    site: Site, tab: Tab, browser: Browser, ada: Any
) -> None:
    page = await open_builder(tab, "lengthy", at="0")
    await page.get_by_label("Description", exact=True).fill("what Ben thinks of it")
    async with open_tab(browser, site.url, storage_state=ada) as other:
        theirs = await open_builder(other, "lengthy", at="0")
        await expect(theirs.get_by_text("ben edits this recipe too")).to_be_visible()
        await theirs.get_by_label("Description", exact=True).fill(
            "what Ada thinks of it"
        )
        await theirs.get_by_role("button", name="Save as revision 2").click()
        await expect(theirs.get_by_text("Saved as revision 2.")).to_be_visible()
        assert other.errors == []
    await page.get_by_role("button", name="Save as revision 2").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "ada saved revision 2 while you were editing"
    )
    for told in ("what Ben thinks of it", "what Ada thinks of it"):
        await expect(page.get_by_text(told).first).to_be_visible()
    await page.get_by_role("link", name="Keep editing mine").click()
    await expect(page.locator("#builder")).to_be_visible()
    await page.keyboard.press("Control+s")
    await page.get_by_role("button", name="Save mine as revision 3").click()
    await expect(page.get_by_text("Saved as revision 3.")).to_be_visible()
    await page.get_by_role("link", name="Revisions 3").click()
    await page.get_by_role("link", name="What it changed").first.click()
    await expect(page.locator("del")).to_have_text("what Ada thinks of it")
    await expect(page.locator("ins")).to_have_text("what Ben thinks of it")
    await page.get_by_role("button", name="Restore revision 2").click()
    await expect(
        page.get_by_text("Revision 4 says again what revision 2 said.")
    ).to_be_visible()


async def test_slug_of_a_new_recipe_goes_with_its_name_until_somebody_chooses_it(
    tab: Tab,
) -> None:
    page = tab.page
    await tab.goto("/recipes/new/?team=research")
    await page.get_by_role("button", name="Blank").click()
    await expect(page.locator("#builder")).to_be_visible()
    await page.wait_for_load_state("load")
    name, slug = (page.get_by_label(each, exact=True) for each in ("Name", "Slug"))
    await name.press("End")
    await name.press_sequentially(" for Zoë!", delay=20)
    await expect(slug).to_have_value("new-recipe-for-zoe")
    await expect(page.locator("#builder-name")).to_have_text("New recipe for Zoë!")
    await page.reload()
    await expect(slug).to_have_value("new-recipe-for-zoe")
    await slug.fill("my-own")
    await name.fill("Another name")
    await expect(slug).to_have_value("my-own")
    await discard(page)
