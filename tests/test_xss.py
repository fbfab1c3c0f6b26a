"""Hostile text through every door, looked at in a real browser: it stays text."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio
from markdown_it import MarkdownIt
from playwright.async_api import Browser

from tests.attacks import ALL, ATTACKS, faults_of
from tests.browser import Tab, open_tab, sign_in
from tests.sites import Site, layer, recipe
from tests.stub.server import Stub

pytestmark = pytest.mark.asyncio(loop_scope="session")
MODELS = {
    "echo": "echo",
    "drip": "fault-drip-100",
    "recite": "fault-recite",
    "halves": "fault-halves",
    "unknown": ATTACKS["image"],
}
LINE = " ".join(ALL.split())
OURS = {
    "name": ATTACKS["script"] + ATTACKS["attribute"],
    "description": LINE,
    "tags": [ATTACKS["image"], ATTACKS["markdown-script"], "{{7*7}}"],
    "sample_prompts": [ATTACKS["end-script"]],
}
RECIPES = [
    recipe(
        "hostile",
        layer(
            "draft", "drip", "echo", "halves", "recite", "unknown", name=ATTACKS["htmx"]
        ),
        layer("aggregate", "echo", name=ATTACKS["quote"]),
        **OURS,
    ),
    recipe(
        "broken",
        layer("draft", "recite", "unknown", name=ATTACKS["svg"]),
        layer("aggregate", "unknown"),
    ),
]
MORE = """
schema: moa-provision/1
teams:
  - slug: hostile
    name: {name}
    members: [{{user: ada, role: admin}}]
providers:
  - slug: hostile
    name: {name}
    base_url: {base_url}
    local: true
    models:
{models}
recipes:
{recipes}
"""


@pytest.fixture(scope="module")
def hostile(site: Site, stub_server: Stub) -> Site:
    """The site with a team, models and recipes whose every word is an attack."""
    models = "\n".join(
        f"      - {{alias: x-{alias}, model: {json.dumps(model)}, context: 32768, max_output: 400}}"
        for alias, model in MODELS.items()
    )
    documents = json.dumps(RECIPES, ensure_ascii=False)
    for alias in MODELS:
        documents = documents.replace(f'"model": "{alias}"', f'"model": "x-{alias}"')
    recipes = "\n".join(
        f"  - {{team: hostile, recipe: {json.dumps(document, ensure_ascii=False)}}}"
        for document in json.loads(documents)
    )
    file = site.data.parent / f"{site.data.name}-hostile.yaml"
    name = json.dumps(ATTACKS["image"])
    file.write_text(
        MORE.format(
            name=name, base_url=stub_server.base_url, models=models, recipes=recipes
        )
    )
    done = site.manage("provision", str(file), check=False)
    assert done.returncode == 0, done.stderr
    return site


def begin(site: Site, slug: str) -> str:
    """Start a run on all attacks at once; it goes on by itself."""
    body: dict[str, Any] = {
        "model": f"moa/hostile/{slug}",
        "messages": [{"role": "user", "content": ALL}],
        "stream": True,
        "moa": {"detach": True},
    }
    path = "/v1/chat/completions"
    with (
        site.client(site.token("ada", "hostile")) as client,
        client.stream("POST", path, json=body) as response,
    ):
        for line in response.iter_lines():
            if line.startswith("data: "):
                return str(json.loads(line[6:])["moa"]["run"])
    raise AssertionError("no first chunk")


@pytest_asyncio.fixture(loop_scope="session")
async def tab(hostile: Site, browser: Browser) -> AsyncIterator[Tab]:
    """Ada's tab. Whatever a test did with it, nothing in it came alive."""
    async with open_tab(browser, hostile.url) as tab:
        await sign_in(tab, "ada")
        yield tab
        assert tab.dialogs == []
        assert tab.abroad() == []
        assert tab.violations() == []
        assert tab.errors == []


# The run page's views, and what was sent to whom.
RUN_PLACES = (
    "",
    "?draft=1.A.1",
    "?view=tabs",
    "?view=timeline",
    "?view=compare",
    "?view=focus&draft=1.A.1&raw",
    "?view=focus&draft=2.Z.1",
    "calls/1/",
    "calls/6/",
)


async def until_over(tab: Tab) -> None:
    """Wait until the run of this page has ended."""
    over = (
        "#run-status:is([data-state=done], [data-state=failed], [data-state=degraded])"
    )
    await tab.page.wait_for_selector(over, timeout=60_000)


async def test_run_stays_text_while_it_is_written_and_after(
    hostile: Site, tab: Tab
) -> None:
    run = begin(hostile, "hostile")
    await tab.goto(f"/runs/{run}/")
    stream = tab.page.locator(".stream", has_text="<script>window.pwned=1;")
    await stream.first.wait_for(state="attached", timeout=20_000)
    assert await faults_of(tab.page) == []
    await until_over(tab)
    assert await faults_of(tab.page) == []
    await tab.goto(f"/runs/{run}/?layer=1")
    prose = tab.page.locator(".prose", has_text="<script>window.pwned=1;")
    assert await prose.count() == 3
    assert await faults_of(tab.page) == []
    for place in RUN_PLACES:
        await tab.goto(f"/runs/{run}/{place}")
        assert "<script>window.pwned=1;" in await tab.page.inner_text("main")
        assert await faults_of(tab.page) == []


async def test_replay_stays_text_wherever_one_jumps(hostile: Site, tab: Tab) -> None:
    run = begin(hostile, "hostile")
    await tab.goto(f"/runs/{run}/")
    await until_over(tab)
    await tab.page.wait_for_timeout(500)  # its feed is stored behind its end
    await tab.goto(f"/runs/{run}/?replay")
    await tab.page.wait_for_selector("[data-play]:not([disabled])")
    scrubber = tab.page.locator("#replay-at")
    for key in ("End", "PageDown", "ArrowRight", "End"):
        await scrubber.press(key)
        await tab.page.wait_for_timeout(200)
        assert await faults_of(tab.page) == []
    assert "<script>window.pwned=1;" in await tab.page.inner_text("main")


async def test_errors_stay_text(hostile: Site, tab: Tab) -> None:
    run = begin(hostile, "broken")
    await tab.goto(f"/runs/{run}/")
    await until_over(tab)
    for _ in range(2):
        told = await tab.page.inner_text("main")
        assert "<script>window.pwned=1;" in told
        assert "<img src=x onerror" in told
        assert await faults_of(tab.page) == []
        await tab.page.reload()


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


async def test_what_somebody_edits_stays_text(hostile: Site, tab: Tab) -> None:
    run, _ = exported(hostile, "hostile")
    with hostile.client(hostile.token("ada", "hostile")) as client:
        child = client.post(f"/runs/{run}/drafts/1.A.1/edit/", data={"text": ALL})
        turn = client.post(f"/runs/{run}/follow-up/", data={"prompt": ALL})
        refused = client.post(f"/runs/{run}/drafts/{ATTACKS['image']}/stop/")
    assert refused.headers["Content-Type"] == "application/json"
    for answer in (child, turn):
        assert answer.status_code == 201
        await_end(hostile, answer.json()["run"])
        await tab.goto(f"/runs/{answer.json()['run']}/")
        assert "<script>window.pwned=1;" in await tab.page.inner_text("main")
        assert await faults_of(tab.page) == []
    await tab.goto(f"/runs/{child.json()['run']}/drafts/1.A.1/edit/")
    assert await tab.page.locator("textarea[name=text]").input_value() == ALL
    assert await faults_of(tab.page) == []
    await tab.goto(f"/runs/{run}/drafts/{quote(ATTACKS['image'], safe='')}/edit/")
    assert await faults_of(tab.page) == []


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


async def test_what_the_search_found_stays_text(hostile: Site, tab: Tab) -> None:
    run, _ = exported(hostile, "hostile")
    await tab.goto("/runs/?team=hostile&q=pwned")
    row = tab.page.locator(f".runs tr:has(a[href='/runs/{run}/'])")
    assert await row.locator("mark", has_text="pwned").count() > 0
    assert "<script>window." in await row.inner_text()
    assert await faults_of(tab.page) == []


async def test_bar_of_runs_left_behind_stays_text(hostile: Site, tab: Tab) -> None:
    for _ in range(2):
        # One that takes its time: who sees the end is told nothing.
        await tab.goto("/?team=hostile&recipe=hostile")
        await tab.page.get_by_label("Prompt", exact=True).fill(ALL)
        await tab.page.get_by_role("button", name="Run").click()
        await tab.page.wait_for_url("**/runs/*/")
        await tab.goto("/recipes/")
    menu = tab.page.locator("#notices summary")
    await menu.wait_for(timeout=60_000)
    await menu.click()
    assert "<script>" in await tab.page.locator("#notices").inner_text()
    assert await faults_of(tab.page) == []


async def test_markdown_export_stays_text(hostile: Site) -> None:
    for slug in ("hostile", "broken"):
        run, export = exported(hostile, slug)
        assert export.headers["Content-Type"] == "text/markdown; charset=utf-8"
        assert export.headers["X-Content-Type-Options"] == "nosniff"
        assert ATTACKS["script"] in export.text
        assert living_parts(export.text) == {f"{hostile.url}/runs/{run}/"}


def exported(site: Site, slug: str) -> tuple[str, httpx.Response]:
    """A run that has ended, and its Markdown."""
    run = begin(site, slug)
    await_end(site, run)
    with site.client(site.token("ada", "hostile")) as client:
        return run, client.get(f"/runs/{run}.md")


def await_end(site: Site, run: str) -> None:
    """Wait until the run has ended, whatever a page says of it."""
    with site.client(site.token("ada", "hostile")) as client:
        while client.get(f"/runs/{run}.json").json()["ended_at"] is None:
            time.sleep(0.1)


def living_parts(text: str) -> set[str]:
    """What a lenient Markdown reader makes of a text beyond text: HTML, links, images."""
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    found = set()
    for token in reader.parse(text):
        for part in (token, *(token.children or ())):
            if part.type in {"html_block", "html_inline", "image"}:
                found.add(part.content)
            elif part.type == "link_open":
                found.add(str(part.attrs["href"]))
    return found


async def test_judge_sees_what_comes_alive(browser: Browser, hostile: Site) -> None:
    async with open_tab(browser, hostile.url) as tab:
        # Without the one that leads the page away.
        alive = ALL.replace(ATTACKS["base"], "")
        await tab.page.set_content(f'<main class="prose">{alive}</main>')
        await tab.page.wait_for_timeout(500)
        assert tab.dialogs
        assert tab.abroad()
        assert len(await faults_of(tab.page)) > 10


@pytest.mark.parametrize("attack", ["script", "image", "markdown-image", "frame"])
async def test_judge_sees_what_lives_in_markdown(attack: str) -> None:
    assert living_parts(ATTACKS[attack])
