"""Hostile text on every other page, looked at in a real browser: it stays text."""

from __future__ import annotations

import json

import pytest

from tests.attacks import ALL, ATTACKS, faults_of
from tests.browser import Tab
from tests.sites import Site
from tests.xss.running import begin, exported

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/?team=hostile", ATTACKS["script"]),
        ("/?team=hostile&recipe=hostile&from={run}", ATTACKS["script"]),
        ("/recipes/", ATTACKS["script"]),
        ("/recipes/hostile/hostile/", ATTACKS["htmx"]),
        ("/recipes/hostile/hostile/?view=yaml", ATTACKS["htmx"]),
        ("/recipes/hostile/hostile/?view=revisions", ATTACKS["script"]),
        ("/recipes/hostile/hostile/?view=runs", ATTACKS["script"]),
        ("/recipes/hostile/hostile/compare/", "The two say the same."),
        ("/recipes/new/?team=hostile", ATTACKS["script"]),
        ("/runs/?team=hostile", "<script>window.pwned=1;"),
        ("/runs/?team=hostile&q=script+window", "<script>window.pwned=1;"),
        ("/runs/?q=pwned+%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", ""),
        ("/runs/?by=%3Cscript%3Ealert(1)%3C/script%3E&from=%22%3E", "was left out"),
        ("/runs/{run}/delete/", "<script>window.pwned=1;"),
        ("/teams/hostile/keeping/", "<img src=x onerror"),
        ("/?team=hostile&recipe=hostile&sample=own-1", ATTACKS["script"]),
        ("/recipes/hostile/%3Cscript%3Ealert(1)%3C%2Fscript%3E/", ""),
        ("/runs/?team=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "<img src=x onerror"),
    ],
)
async def test_page_stays_text(hostile: Site, tab: Tab, path: str, shown: str) -> None:
    run = begin(hostile, "broken")
    await tab.goto(path.format(run=run))
    assert shown in await tab.page.inner_text("body")
    assert await faults_of(tab.page) == []


async def test_what_somebody_composes_stays_text(hostile: Site, tab: Tab) -> None:
    run = begin(hostile, "broken")
    await tab.goto(f"/?team=hostile&from={run}")
    prompt = await tab.page.locator("textarea[name=prompt]").input_value()
    assert prompt == ALL


async def test_what_an_estimate_names_stays_text(hostile: Site, tab: Tab) -> None:
    page = tab.page
    await tab.goto("/?team=hostile&recipe=hostile")
    async with page.expect_response("**/estimate/"):
        await page.locator("textarea[name=prompt]").fill(ALL)
    await page.locator("details.parts summary").click()
    rows = page.locator("#estimate-layers tbody th")
    assert await rows.all_inner_texts() == [ATTACKS["htmx"], ATTACKS["quote"]]
    assert await faults_of(page) == []


async def test_what_somebody_builds_stays_text(hostile: Site, tab: Tab) -> None:
    page = tab.page
    await tab.goto("/recipes/hostile/hostile/")
    await page.get_by_role("button", name="Edit", exact=True).click()
    await page.wait_for_url("**/builder/**")
    address = page.url.partition("?")[0]
    for at in ("1", "2", "2.Z", "0", "1.A"):
        await page.goto(f"{address}?at={at}")
        assert ATTACKS["htmx"] in await page.inner_text("main")
        assert await faults_of(page) == []
    # What is typed comes back beside the fields, in the diagram and in the list.
    for field in ("params.temperature", "params.stop", "label", "params.extra"):
        await page.locator(f"[name='slot.{field}']").fill(ALL)
    await page.locator(".seg label", has_text="its own").click()
    await page.locator("[name='slot.system_prompt']").fill(ALL)
    await page.wait_for_selector("#troubles:has-text('<script>window.pwned=1;')")
    assert await faults_of(page) == []
    for place in ("?at=1.~1", "?at=0", "changes/"):
        await page.goto(f"{address}{place}")
        assert "<script>window.pwned=1;" in await page.inner_text("main")
        assert await faults_of(page) == []
    await page.get_by_role("button", name="Discard these changes").click()


async def test_what_somebody_imports_stays_text(hostile: Site, tab: Tab) -> None:
    page = tab.page
    for text in (ALL, json.dumps({"layers": [{"kind": ALL, ATTACKS["image"]: 1}]})):
        await tab.goto("/recipes/new/?team=hostile")
        await page.locator("[name=text]").fill(text)
        await page.get_by_role("button", name="Import", exact=True).click()
        await page.wait_for_selector("#import-wrongs")
        assert await page.locator("[name=text]").input_value() == text
        assert await faults_of(page) == []
    await page.get_by_role("button", name="Open it in the builder").click()
    await page.wait_for_url("**/builder/**")
    assert "<img src=x onerror" in await page.inner_text("main")
    assert await faults_of(page) == []


async def test_what_another_programs_file_names_stays_text(
    hostile: Site, tab: Tab
) -> None:
    page = tab.page
    agent = {"model_name": ATTACKS["script"], "system_prompt": ALL, ATTACKS["svg"]: 1}
    council = {"council_models": [ATTACKS["image"], ALL], "chairman_model": ALL}
    beam = [{"name": ALL, "rayLlmIds": [ALL], "gatherFactoryId": ATTACKS["htmx"]}]
    for content, shown in (
        ({"main_model": ALL, "layer_agent_config": {ALL: agent}}, "<svg/onload"),
        (council, "<img src=x onerror"),
        (beam, "<b hx-get="),
    ):
        text = json.dumps(content)
        await tab.goto("/recipes/new/?team=hostile")
        await page.locator("[name=text]").fill(text)
        await page.get_by_role("button", name="Import", exact=True).click()
        await page.wait_for_selector("#models-title")
        assert shown in await page.inner_text("main")
        assert await page.locator("[name=text]").input_value() == text
        assert await faults_of(page) == []
    await page.get_by_role("button", name="Open in the builder").click()
    await page.wait_for_url("**/builder/**")
    assert await faults_of(page) == []


async def test_what_the_search_found_stays_text(hostile: Site, tab: Tab) -> None:
    run, _ = exported(hostile, "hostile")
    await tab.goto("/runs/?team=hostile&q=pwned")
    row = tab.page.locator(f".runs tr:has(a[href='/runs/{run}/'])")
    assert await row.locator("mark", has_text="pwned").count() > 0
    assert "<script>window." in await row.inner_text()
    assert await faults_of(tab.page) == []
