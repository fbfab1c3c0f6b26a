"""The main job, whole: a fresh site, the real small model, a real browser."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from openai import AsyncOpenAI
from playwright.async_api import Browser, Page, expect

from playground.embedded.model_files import SMOLLM2
from playground.provisioning.firststart import LOCAL_ALIAS
from playground.recipes.presets.binding import bind
from playground.recipes.presets.casting import Candidate
from playground.recipes.presets.files import SLUGS
from tests.browser import Tab, open_tab
from tests.journeys.watching import Watch, export_of, start
from tests.sites import Site, running_site

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]
PATIENCE = 150.0
WORDS = 32
BRIEF = ("single", "two-rounds")
FIRST, SECOND = ("1.A.1", "1.B.1", "1.C.1"), ("2.A.1", "2.B.1", "2.C.1")
ANSWER = "3.Z.1"
ASKED = "Why is the sky blue, and why is it red in the evening?"


def brief_presets() -> str:
    """A provision file: presets again, with few words a draft."""
    local = Candidate(LOCAL_ALIAS)
    documents = [bind(slug, [local]).document.content for slug in BRIEF]
    for document in documents:
        for layer in document["layers"]:
            for slot in layer["slots"]:
                slot["params"]["max_tokens"] = WORDS
    recipes = [{"team": "home", "recipe": document} for document in documents]
    return json.dumps({"schema": "moa-provision/1", "recipes": recipes})


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory, model_file: Path) -> Iterator[Site]:
    """A fresh site with the local model."""
    data = tmp_path_factory.mktemp("light")
    (data / "models").mkdir()
    (data / "models" / SMOLLM2.name).symlink_to(model_file)
    with running_site(data, provision=brief_presets(), options=()) as site:
        yield site


async def printed_link(site: Site) -> str:
    """What `up` prints to sign in with, a moment after the site is ready."""
    for _ in range(100):
        told = (site.data / "up.log").read_text()
        if link := re.search(r"Sign in, once: (\S+)\n", told):
            return link[1]
        await asyncio.sleep(0.1)
    return pytest.fail(f"`up` printed no link:\n{told}")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def owner(light: Site, browser: Browser) -> dict[str, Any]:
    """The cookies of the owner, who came in by the link that `up` printed."""
    link = await printed_link(light)
    async with open_tab(browser, light.url) as tab:
        await tab.page.goto(link)
        await tab.page.get_by_role("button", name="Sign in").click()
        await expect(tab.page.get_by_role("heading", name="New run")).to_be_visible()
        return await tab.page.context.storage_state()


@pytest_asyncio.fixture(loop_scope="session")
async def mine(light: Site, browser: Browser, owner: Any) -> AsyncIterator[Tab]:
    """A tab in which the owner is signed in, on the page that composes a run."""
    async with open_tab(browser, light.url, storage_state=owner) as tab:
        await tab.goto("/")
        yield tab
        assert tab.errors == []
        assert tab.violations() == []
        assert tab.abroad() == []


async def test_three_layers_stream_and_nothing_is_lost_or_doubled(
    light: Site, mine: Tab, browser: Browser, owner: Any
) -> None:
    page, watch = mine.page, Watch(mine.page)
    await expect(page.locator("#recipe option")).to_have_count(len(SLUGS))
    url = await start(page, "two-rounds", ASKED)
    await watch.until_written(*FIRST)
    await page.reload()
    async with open_tab(browser, light.url, storage_state=owner) as other:
        second = Watch(other.page)
        await other.page.goto(url)
        following = asyncio.create_task(second.until_over(PATIENCE))
        await watch.until_written(*SECOND)
        await page.reload()
        await watch.until_over(PATIENCE)
        await following
    export = await export_of(page, url)

    assert export["status"] == "done"
    assert [layer["passed_on"] for layer in export["layers"][:2]] == [
        list(FIRST),
        list(SECOND),
    ]
    assert all(len(watch.shown[key]) > 1 for key in FIRST)
    watch.check(export)
    second.check(export)
    assert export["answer"] == {"draft": ANSWER, "text": watch.finals[ANSWER]}
    await check_figures(page)


async def check_figures(page: Page) -> None:
    """The run's and each draft's seconds, tokens and cost are on the page."""
    readout = await page.locator("#run-readout").inner_text()
    assert re.search(r"\d s\s+7 calls", readout), readout
    assert re.search(r"\$0\S*\s+[\d,]+ tokens", readout), readout
    assert "7 of 7 drafts" in readout
    places = await page.locator(".draft > header").all_inner_texts()
    assert len(places) == 6
    for place in places:
        assert re.search(r"\d+\.\d s", place), place
        assert re.search(r"\d+ tokens?", place), place
        assert "$0" in place


async def test_stop_ends_a_run_within_a_second_and_says_what_was_used(
    mine: Tab,
) -> None:
    page, watch = mine.page, Watch(mine.page)
    url = await start(
        page, "moa-lite-2-1", "Tell the story of a lighthouse, at length."
    )
    await watch.until_written("1.A.1", words=3)
    began = time.monotonic()
    await page.get_by_role("button", name="Stop run").click()
    await watch.until_over(PATIENCE)
    took = time.monotonic() - began
    told = await page.locator("#answer").inner_text()
    export = await export_of(page, url)

    assert took <= 1
    assert export["status"] == "cancelled"
    assert re.search(r"[1-9]\d* tokens? used, \$0", told), told
    watch.check(export)


async def test_official_client_gets_the_answer_streamed_and_not(light: Site) -> None:
    token = await asyncio.to_thread(light.token, "owner", "home")
    question: Any = [{"role": "user", "content": "Name a colour."}]
    async with AsyncOpenAI(base_url=f"{light.url}/v1", api_key=token) as client:
        whole = await client.chat.completions.create(
            model="moa/single", messages=question
        )
        stream = await client.chat.completions.create(
            model="moa/two-rounds", messages=question, stream=True
        )
        pieces = [
            piece.choices[0].delta.content or ""
            async for piece in stream
            if piece.choices
        ]

    assert whole.choices[0].message.content
    assert whole.usage is not None
    assert whole.usage.completion_tokens > 0
    assert len([piece for piece in pieces if piece]) > 1


async def test_terminal_prints_the_answer_that_the_exports_have(
    light: Site, mine: Tab
) -> None:
    told = await asyncio.to_thread(light.manage, "run", "single", "Name a bird.")
    link = re.search(r"Run \S+(/runs/[\w-]+)/", told.stderr)
    assert link, told.stderr
    export = await export_of(mine.page, f"{light.url}{link[1]}/")
    markdown = await mine.page.request.get(f"{light.url}{link[1]}.md")

    assert "done: " in told.stderr
    assert told.stdout.strip() == export["answer"]["text"].strip()
    assert markdown.status == 200
    assert export["answer"]["text"].strip() in await markdown.text()
