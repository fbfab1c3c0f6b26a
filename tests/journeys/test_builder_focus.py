"""Where the focus goes at the builder, which menus close, and what the policy refuses."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser import Tab
from tests.journeys.building import discard, open_builder, seats

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]
FOCUS = "() => document.activeElement.name || document.activeElement.dataset.place"


async def test_escape_leads_from_a_field_back_to_the_slot(tab: Tab) -> None:
    page = await open_builder(tab, "three", at="2.B")
    field = page.get_by_label("Temperature", exact=True)
    await field.fill("0.35")
    await page.keyboard.press("Escape")
    assert await page.evaluate(FOCUS) == "2.~2"
    # What was typed is kept, and the diagram that comes back takes no focus away.
    await expect(page.locator("#diagram [data-place='2.~2']")).to_contain_text("0.35")
    assert await page.evaluate(FOCUS) == "2.~2"
    await expect(field).to_have_value("0.35")
    await page.keyboard.press("d")
    await expect(seats(page, 2)).to_have_count(4)
    await discard(page)


async def test_escape_closes_what_is_open_before_it_leads_back(tab: Tab) -> None:
    page = await open_builder(tab, "three", at="1.A")
    await page.get_by_label("Temperature", exact=True).focus()
    await page.locator("details.account summary").click()
    field = page.get_by_label("Seed", exact=True)
    await field.evaluate("e => e.focus()")
    await page.keyboard.press("Escape")
    await expect(page.locator("details.account[open]")).to_have_count(0)
    await expect(field).to_be_focused()
    await page.keyboard.press("Escape")
    assert await page.evaluate(FOCUS) == "1.~1"
    await discard(page)


async def test_enter_on_a_layer_leads_to_its_name(tab: Tab) -> None:
    page = await open_builder(tab, "three", at="2")
    await page.locator("#diagram [data-current] h3 a").focus()
    await page.keyboard.press("Enter")
    assert await page.evaluate(FOCUS) == "layer.name"
    await page.keyboard.press("Escape")
    await expect(page.locator("#diagram [data-current] h3 a")).to_be_focused()
    await discard(page)


async def test_new_variable_is_named_at_once(tab: Tab) -> None:
    page = await open_builder(tab, "three", at="0")
    for number, name in enumerate(("tone", "length")):
        await page.get_by_role("button", name="Variable", exact=True).click()
        await expect(page.locator(".variable-rows .check")).to_have_count(number + 1)
        await page.keyboard.type(name)
    names = page.locator("[name*='variables'][name$='.name']")
    assert [await each.input_value() for each in await names.all()] == [
        "tone",
        "length",
    ]
    await page.get_by_role("button", name="Sample prompt", exact=True).click()
    await expect(page.locator(".sample textarea")).to_be_focused()
    await discard(page)


async def test_fields_that_somebody_stretched_break_no_policy(tab: Tab) -> None:
    page = await open_builder(tab, "three", at="0")
    prompt = page.get_by_label("System prompt", exact=True)
    # As the corner of a text field does when it is pulled.
    await prompt.evaluate("e => { e.style.height = '200px'; }")
    await page.get_by_role("button", name="Variable", exact=True).click()
    await expect(page.locator(".variable-rows .check")).to_have_count(1)
    assert tab.violations() == []
    await discard(page)


async def test_one_menu_is_open_and_closes_by_escape_or_a_press_elsewhere(
    tab: Tab,
) -> None:
    page = tab.page
    await tab.goto("/recipes/research/three/")
    export, more = page.get_by_text("Export"), page.get_by_text("More", exact=True)
    opened = page.locator("details.menu[open]")
    await export.click()
    await expect(opened).to_contain_text("YAML")
    await more.press("Enter")
    await expect(opened).to_have_count(1)
    await expect(page.get_by_role("button", name="Archive")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(opened).to_have_count(0)
    await expect(more).to_be_focused()
    await export.click()
    await page.get_by_role("heading", level=1).click()
    await expect(opened).to_have_count(0)
