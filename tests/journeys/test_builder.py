"""The builder in a browser: with the mouse, with keys alone, by drag, on a phone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser import Tab
from tests.journeys.building import chips, discard, kept, open_builder, seats

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]


@pytest_asyncio.fixture(loop_scope="session")
async def new(tab: Tab) -> AsyncIterator[Page]:
    """Ben at a new, blank recipe."""
    await tab.goto("/recipes/new/?team=research")
    await tab.page.get_by_role("button", name="Blank").click()
    await expect(tab.page.locator("#builder")).to_be_visible()
    yield tab.page
    await discard(tab.page)


async def test_three_layers_are_built_with_the_mouse_and_run(new: Page) -> None:
    name = new.get_by_label("Name", exact=True)
    await name.fill("Built by hand")
    await new.get_by_label("Slug", exact=True).fill("built-by-hand")
    await expect(new.locator("h1")).to_have_text("Built by hand")
    await new.locator("#diagram .seat", has_text="bold").click()
    await new.get_by_role("radio", name="brief").check()
    await expect(seats(new, 1)).to_contain_text(["brief"])
    for _ in range(2):
        await new.get_by_role("button", name="Duplicate slot").click()
    await expect(seats(new, 1)).to_have_count(3)
    await new.get_by_role("button", name="Duplicate layer 1").click()
    await expect(seats(new, 2)).to_have_count(3)
    await new.get_by_role("button", name="Add a layer at the end").click()
    await expect(seats(new, 3)).to_have_count(1)
    assert await chips(new) == ["1A", "1B", "1C", "2A", "2B", "2C", "3Z"]
    await expect(new.locator("#bar")).to_contain_text("7 calls a run")
    await expect(new.locator("#troubles")).to_be_hidden()
    await new.get_by_role("button", name="Save and run").click()
    await expect(new.get_by_text("Saved as revision 1.")).to_be_visible()
    await new.get_by_label("Prompt", exact=True).fill("Does it run?")
    await new.locator("#composer button[type=submit]").click()
    await expect(new.locator("#run-readout")).to_contain_text(
        "7 of 7 drafts", timeout=30_000
    )


async def test_three_layers_are_built_with_keys_alone(tab: Tab) -> None:
    page = tab.page
    await tab.goto("/recipes/new/?team=research")
    await press_until(page, "Tab", "Blank")
    await page.keyboard.press("Enter")
    await expect(page.locator("#builder")).to_be_visible()
    await page.wait_for_load_state("load")  # the keys are there with the scripts
    await press_until(page, "Tab", "The recipe")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("#diagram .seat[aria-current]")).to_contain_text("bold")
    await page.keyboard.press("n")
    await page.keyboard.press("d")
    await expect(seats(page, 1)).to_have_count(3)
    await page.keyboard.press("l")
    await expect(page.locator("#diagram .layer")).to_have_count(2)
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("#diagram [data-layer='0'] h3 a")).to_have_attribute(
        "aria-current", "true"
    )
    await page.keyboard.press("d")
    await expect(page.locator("#diagram .layer")).to_have_count(3)
    assert await chips(page) == ["1A", "1B", "1C", "2A", "2B", "2C", "3Z"]
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowLeft")
    await press_until(page, "Tab", "", name="recipe.name")
    await page.keyboard.press("Control+a")
    await page.keyboard.type("Keys only: ndlu")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Control+a")
    await page.keyboard.type("keys-only")
    await page.keyboard.press("Control+s")
    await expect(page.get_by_text("Saved as revision 1.")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Keys only: ndlu")
    await expect(page.locator("#diagram .layer")).to_have_count(3)


async def press_until(page: Page, key: str, text: str, *, name: str = "") -> None:
    """Press a key until what has the focus reads so, or is called so."""
    script = "e => [document.activeElement.innerText || '', document.activeElement.name || '']"
    for _ in range(80):
        await page.keyboard.press(key)
        told, called = await page.evaluate(script)
        if (name and called == name) or (text and text in told):
            return
    raise AssertionError(f"{key} never led to {text or name}")


async def test_keys_move_what_is_chosen_and_undo_takes_it_back(tab: Tab) -> None:
    page = await open_builder(tab, "three", at="1.B")
    before = await chips(page)
    await page.locator("#diagram .seat[aria-current]").focus()
    await page.keyboard.press("Shift+ArrowUp")
    await expect(seats(page, 1).first).to_contain_text("careful")
    assert await chips(page) == ["1B", "1A", "1C", *before[3:]]
    await page.keyboard.press("Shift+ArrowRight")
    await expect(seats(page, 2)).to_have_count(4)
    await page.keyboard.press("Delete")
    await expect(seats(page, 2)).to_have_count(3)
    for count in (4, 3):
        await page.keyboard.press("u")
        await expect(seats(page, 2)).to_have_count(count)
    await page.keyboard.press("u")
    await expect(page.locator("#bar")).to_contain_text("As revision 1")
    assert await chips(page) == before
    await page.keyboard.press("Escape")
    await page.keyboard.press("Shift+U")
    await expect(page.locator("#bar")).to_contain_text("since revision 1")
    await discard(page)


async def test_drag_moves_slots_within_and_between_layers_and_layers(tab: Tab) -> None:
    page = await open_builder(tab, "three")
    await drag(
        page, "#diagram [data-place='1.~1']", "#diagram [data-place='1.~3']", 0.9
    )
    await expect(seats(page, 1).last).to_contain_text("1A")
    assert (await chips(page))[:3] == ["1B", "1C", "1A"]
    await drag(
        page, "#diagram [data-place='1.~3']", "#diagram [data-place='2.~1']", 0.1
    )
    await expect(seats(page, 2)).to_have_count(4)
    assert (await chips(page))[2:6] == ["2D", "2A", "2B", "2C"]
    await drag(
        page,
        "#diagram [data-layer='1'] header .kind",
        "#diagram [data-layer='0'] header .kind",
        0.5,
        shift=-60,
    )
    await expect(seats(page, 1)).to_have_count(4)
    await expect(page.locator("#bar")).to_contain_text("since revision 1")
    for _ in range(3):
        await page.get_by_role("button", name=re.compile("^Undo")).click()
    await expect(page.locator("#bar")).to_contain_text("As revision 1")
    await discard(page)


async def test_drag_that_is_called_off_changes_nothing(tab: Tab) -> None:
    page = await open_builder(tab, "three")
    box = await page.locator("#diagram [data-place='1.~1']").bounding_box()
    assert box
    await page.mouse.move(box["x"] + 80, box["y"] + 10)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 80, box["y"] + 120, steps=5)
    await expect(page.locator(".drop-mark")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(page.locator(".drop-mark")).to_have_count(0)
    await page.mouse.up()
    await kept(page, "1")
    await discard(page)


async def drag(
    page: Page, what: str, onto: str, part: float, *, shift: float = 0
) -> None:
    """Drag one thing onto a part of another, counted from its top."""
    start = await page.locator(what).bounding_box()
    end = await page.locator(onto).bounding_box()
    assert start
    assert end
    await page.mouse.move(start["x"] + 90, start["y"] + start["height"] / 2)
    await page.mouse.down()
    await page.mouse.move(
        end["x"] + end["width"] / 2 + shift, end["y"] + end["height"] * part, steps=8
    )
    await page.mouse.up()


async def test_chosen_layer_stays_in_sight_of_a_wide_diagram(tab: Tab) -> None:
    page = await open_builder(tab, "three", at="1")
    for number in range(1, 6):
        await page.get_by_role("button", name=f"Duplicate layer {number}").click()
        await expect(page.locator("#diagram [data-current] .ordinal")).to_have_text(
            str(number + 1)
        )
        await expect(page.locator("#diagram [data-current] h3")).to_be_in_viewport(
            ratio=1
        )
    await page.reload()
    await page.get_by_label("Name", exact=True).fill("The sixth")
    await expect(page.locator("#diagram [data-current] h3")).to_have_text("The sixth")
    await expect(page.locator("#diagram [data-current] h3")).to_be_in_viewport(ratio=1)
    await discard(page)


async def test_keys_can_be_switched_off(tab: Tab) -> None:
    page = await open_builder(tab, "three", at="1.A")
    await page.evaluate("localStorage.setItem('moa-keys-off', 'yes')")
    await page.locator("#diagram .seat[aria-current]").focus()
    for key in ("n", "Delete", "d", "ArrowRight"):
        await page.keyboard.press(key)
    await page.evaluate("localStorage.removeItem('moa-keys-off')")
    await page.keyboard.press("d")
    await expect(seats(page, 1)).to_have_count(4)
    await kept(page, "2")
    await discard(page)


async def test_enter_leads_from_the_diagram_into_the_form(tab: Tab) -> None:
    page = await open_builder(tab, "three", at="2.B")
    await page.locator("#diagram .seat[aria-current]").focus()
    await page.keyboard.press("Enter")
    focused = "e => document.activeElement.closest('#slot') !== null"
    assert await page.evaluate(focused)
    # A tool that was pressed has the focus still, on the slot that came of it.
    await page.get_by_role("button", name="Duplicate slot B").press("Enter")
    await expect(page.get_by_role("button", name="Duplicate slot D")).to_be_focused()
    await discard(page)


async def test_faults_stand_beside_the_field_and_lead_to_it(tab: Tab) -> None:
    page = await open_builder(tab, "three", at="2.B")
    field = page.get_by_label("Temperature", exact=True)
    await field.fill("hot")
    wrong = page.locator("#w-f-slot-params-temperature")
    await expect(wrong).to_contain_text("must be a number")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_be_focused()
    await expect(page.locator("#diagram .seat[aria-current]")).to_contain_text(
        "1 to mend"
    )
    await page.locator("#diagram [data-place='1.~1']").click()
    await expect(page.locator("#slot-title")).to_contain_text("Slot A")
    await page.get_by_role("button", name="Save as revision 2").click()
    await expect(page.locator("#troubles")).to_contain_text("not saved yet")
    await page.locator("#troubles a").click()
    await expect(page.get_by_label("Temperature", exact=True)).to_be_focused()
    await page.get_by_label("Temperature", exact=True).fill("0.5")
    await expect(page.locator("#troubles")).to_be_hidden()
    await expect(page.get_by_label("Temperature", exact=True)).not_to_have_attribute(
        "aria-invalid", "true"
    )
    await discard(page)


async def test_import_says_what_is_wrong_and_keeps_the_text(tab: Tab) -> None:
    page = tab.page
    await tab.goto("/recipes/new/?team=research")
    text = "schema: moa-recipe/1\nslug: pasted\nname: Pasted\nlayers:\n  - kind: draft\n    slots:\n      - {model: brief, heat: 1}\n"
    await page.get_by_label("Text", exact=True).fill(text)
    await page.get_by_role("button", name="Import").click()
    await expect(page.get_by_role("alert")).to_contain_text(
        "line 7 layers[0].slots[0].heat"
    )
    await expect(page.get_by_label("Text", exact=True)).to_have_value(text)
    await page.get_by_label("Text", exact=True).fill(text.replace(", heat: 1", ""))
    await page.get_by_role("button", name="Import").click()
    await expect(page.locator("#builder-name")).to_have_text("Pasted")
    await discard(page)
