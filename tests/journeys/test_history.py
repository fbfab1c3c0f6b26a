"""Home and history in a real browser: choose, leave, be told, find, compare, delete."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser import Tab, open_tab, sign_in
from tests.journeys.watching import Watch, start
from tests.sites import Site, layer, recipe

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
TEAM = "archive"
SHELF = [
    recipe("one-layer", layer("draft", "brief"), name="One layer"),
    recipe(
        "two-layers",
        layer("draft", "brief", "brief"),
        layer("aggregate", "brief"),
        name="Two layers",
        variables=[{"name": "tone"}],
        sample_prompts=["Praise <b>rain</b> in one line."],
    ),
    recipe(
        "three-layers",
        layer("draft", "brief", "brief"),
        layer("draft", "brief", "brief"),
        layer("aggregate", "slow"),
        name="Three layers",
    ),
]


@pytest.fixture(scope="module")
def archive(site: Site) -> Site:
    """The site with a team of its own for these journeys, in which nothing ran."""
    content = {
        "schema": "moa-provision/1",
        "teams": [
            {
                "slug": TEAM,
                "name": "Archive",
                "members": [
                    {"user": "ben", "role": "owner"},
                    {"user": "vera", "role": "member"},
                ],
            }
        ],
        "recipes": [{"team": TEAM, "recipe": document} for document in SHELF],
    }
    file = site.data / "archive.yaml"
    file.write_text(json.dumps(content))
    site.manage("provision", str(file))
    return site


@pytest_asyncio.fixture(loop_scope="session")
async def tab(archive: Site, browser: Browser, ben: Any) -> AsyncIterator[Tab]:
    """Ben's tab; nothing in it may have failed or asked in a dialog."""
    async with open_tab(browser, archive.url, storage_state=ben) as tab:
        yield tab
        assert tab.errors == []
        assert tab.violations() == []
        assert tab.dialogs == []


async def run_of(archive: Site, slug: str, prompt: str, user: str = "ben") -> str:
    """A run that has ended, made in the terminal; its address."""
    told = await asyncio.to_thread(
        archive.manage, "run", f"{TEAM}/{slug}", prompt, "--as", user, "--json"
    )
    return f"/runs/{json.loads(told.stdout)['id']}/"


async def titles(page: Page) -> list[str]:
    """The prompts that are listed."""
    return await page.locator(".c-prompt > a:first-child").all_inner_texts()


async def test_depth_changes_recipe_and_figures_and_keeps_what_is_typed(
    tab: Tab,
) -> None:
    page = tab.page
    await tab.goto(f"/?team={TEAM}")
    await expect(
        page.get_by_role("heading", name="Recipes to begin with")
    ).to_be_visible()
    prompt = page.get_by_label("Prompt", exact=True)
    await prompt.fill("Half a thought")
    depth = page.get_by_role("list", name="Depth")
    await depth.get_by_role("link", name="Deep").click()
    await expect(page.locator("#recipe")).to_have_value("two-rounds")
    await expect(page.locator(".readouts")).to_contain_text("7 calls")
    await expect(page.locator("#estimate-layers tbody tr")).to_have_count(3)
    await expect(page.locator(".sketch .stage")).to_have_count(3)
    await page.locator("#recipe").select_option("two-layers")
    await page.get_by_label("tone").fill("dry")
    await depth.get_by_role("link", name="Quick").click()
    await expect(page.locator("#recipe")).to_have_value("single")
    await expect(page.get_by_label("tone")).to_have_count(0)
    await page.locator("#recipe").select_option("two-layers")
    await expect(page.get_by_label("tone")).to_have_value("dry")
    await expect(prompt).to_have_value("Half a thought")
    await page.reload()
    await expect(page.locator("#recipe")).to_have_value("two-layers")
    await depth.get_by_role("link", name="Balanced").click()
    await expect(page.locator("#recipe")).to_have_value("moa-lite-2-1")


async def test_a_sample_lies_in_the_composer_and_undo_brings_the_old_text_back(
    tab: Tab,
) -> None:
    page = tab.page
    await tab.goto(f"/?team={TEAM}&recipe=two-layers")
    prompt = page.get_by_label("Prompt", exact=True)
    await prompt.fill("Half a thought")
    await page.get_by_role("link", name="Praise <b>rain</b> in one line.").click()
    await expect(prompt).to_have_value("Praise <b>rain</b> in one line.")
    await expect(prompt).to_be_focused()
    await page.keyboard.press("Control+z")
    await expect(prompt).to_have_value("Half a thought")


async def test_ctrl_enter_runs_and_the_figures_follow(tab: Tab) -> None:
    page = tab.page
    await tab.goto(f"/?team={TEAM}&recipe=one-layer")
    await page.get_by_label("Prompt", exact=True).fill("Say it once.")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url("**/runs/*/")
    await Watch(page).until_over()
    await tab.goto(f"/?team={TEAM}&recipe=one-layer")
    await expect(page.locator("#estimate-grounds")).to_contain_text("Likely from")
    await expect(page.locator(".preset[data-recipe=one-layer] .terms")).to_contain_text(
        "$"
    )
    row = page.locator(".runs tr", has_text="Say it once.")
    await row.hover()
    await row.get_by_role("link", name="use again").click()
    await expect(page.get_by_label("Prompt", exact=True)).to_have_value("Say it once.")


async def test_who_leaves_is_told_when_the_run_is_done(tab: Tab) -> None:
    page = tab.page
    await tab.goto(f"/?team={TEAM}")
    await start(page, "three-layers", "Take your time.")
    path = page.url
    await tab.goto("/recipes/")
    bar = page.locator("#notices")
    await expect(bar).to_contain_text("1 run going on")
    await expect(bar).to_contain_text("1 run is done", timeout=30_000)
    await bar.get_by_role("link", name="1 run is done").click()
    await page.wait_for_url(path)
    await tab.goto("/recipes/")
    await page.wait_for_load_state("networkidle")
    await expect(bar.get_by_role("link")).to_have_count(0)


async def test_who_stays_and_looks_on_is_told_nothing(tab: Tab) -> None:
    page = tab.page
    await tab.goto(f"/?team={TEAM}")
    await start(page, "three-layers", "I look on.")
    await Watch(page).until_over()
    await expect(page.locator("#notices .notice")).to_have_count(0, timeout=15_000)
    await tab.goto("/recipes/")
    await page.wait_for_load_state("networkidle")
    await expect(page.locator("#notices .notice")).to_have_count(0)


async def test_history_is_searched_while_one_types_and_filtered(
    archive: Site, tab: Tab
) -> None:
    page = tab.page
    await run_of(archive, "one-layer", "The quince harvest of 1911")
    await run_of(archive, "two-layers", "Quinces, and what to do with them", "vera")
    await tab.goto(f"/runs/?team={TEAM}")
    words = page.get_by_label("Words in prompts, answers and drafts")
    await words.type("quin harv")
    await expect(page.locator(".tally")).to_contain_text("1 run found")
    assert await titles(page) == ["The quince harvest of 1911"]
    await expect(page.locator("mark").first).to_have_text("quince")
    await words.fill("quin")
    await expect(page.locator(".tally")).to_contain_text("2 runs found")
    await page.get_by_label("Person").select_option("vera")
    await expect(page.locator(".tally")).to_contain_text("1 run found")
    assert await titles(page) == ["Quinces, and what to do with them"]
    assert "by=vera" in page.url
    assert "state=" not in page.url
    await page.reload()
    await expect(page.get_by_label("Person")).to_have_value("vera")
    assert await titles(page) == ["Quinces, and what to do with them"]
    await words.fill('" OR NOT (')
    await expect(page.locator(".found")).to_contain_text("No run matches")
    await page.go_back()
    await expect(page.locator(".tally")).to_contain_text("1 run found")


async def test_two_runs_are_chosen_and_compared(archive: Site, tab: Tab) -> None:
    page = tab.page
    for number in range(3):
        await run_of(archive, "one-layer", f"Compare me {number}")
    await tab.goto("/runs/?q=compare")
    boxes = page.get_by_label("Compare this run")
    for number in range(3):
        await boxes.nth(number).check()
    await expect(page.locator("[data-picked]")).to_have_text("Two chosen.")
    await expect(boxes.nth(0)).not_to_be_checked()
    await page.get_by_role("button", name="Compare two").click()
    await page.wait_for_url("**/runs/compare/?left=*&right=*")
    await expect(page.locator("main")).to_contain_text("Compare me 0")
    await expect(page.locator("main")).to_contain_text("Compare me 1")


async def test_a_run_is_deleted_by_a_page_and_is_found_no_more(
    archive: Site, tab: Tab, browser: Browser
) -> None:
    page = tab.page
    path = await run_of(archive, "one-layer", "Forget the persimmon")
    await tab.goto(path)
    await page.get_by_role("link", name="Delete", exact=True).click()
    await expect(page.get_by_role("heading", name="Delete this run?")).to_be_visible()
    await page.get_by_role("button", name="Delete for good").click()
    await expect(page.locator("main")).to_contain_text("The run is deleted.")
    await tab.goto("/runs/?q=persimmon")
    await expect(page.locator(".found")).to_contain_text("No run matches")
    async with open_tab(browser, archive.url) as hers:
        await sign_in(hers, "vera", onward="/recipes/")
        await hers.goto(path)
        await expect(hers.page.locator("main")).to_contain_text("ben deleted this run.")


async def test_a_term_says_what_it_deletes_and_can_be_left(
    archive: Site, tab: Tab
) -> None:
    page = tab.page
    await tab.goto(f"/runs/?team={TEAM}")
    await page.get_by_text("How long runs are kept").click()
    await page.get_by_role("link", name="Change").click()
    await page.get_by_label("Days").fill("0")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#days-wrong")).to_contain_text("whole number")
    await page.get_by_label("Days").fill("400")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("main")).to_contain_text(
        "Archive now deletes runs 400 days after their start."
    )


async def test_history_works_without_scripts(
    archive: Site, browser: Browser, ben: Any
) -> None:
    await run_of(archive, "one-layer", "No scripts at all")
    async with open_tab(
        browser, archive.url, storage_state=ben, java_script_enabled=False
    ) as plain:
        await plain.goto(f"/?team={TEAM}&recipe=three-layers")
        await plain.page.locator("#recipe").select_option("one-layer")
        await plain.page.get_by_role("button", name="Show").click()
        await expect(plain.page.locator(".readouts")).to_contain_text("1 call")
        await plain.goto("/runs/")
        await plain.page.locator("#q").fill("scripts")
        await plain.page.get_by_role("button", name="Search").click()
        assert await titles(plain.page) == ["No scripts at all"]
