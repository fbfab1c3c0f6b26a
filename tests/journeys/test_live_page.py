"""A run's page while things go well, and while they do not: on the stub, in Chromium."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.browser import Tab, open_tab
from tests.journeys.watching import Watch, export_of, start
from tests.sites import MODELS, Site, layer, recipe
from tests.stub.server import Stub

pytestmark = pytest.mark.asyncio(loop_scope="session")
ALL = [f"{layer}.{slot}.1" for layer in (1, 2) for slot in "ABC"]
ANSWER = "3.Z.1"


async def test_drafts_stream_through_reloads_at_any_moment(
    tab: Tab, stub: Stub
) -> None:
    await tab.goto("/")
    watch = Watch(tab.page)
    url = await start(tab.page, "three", "[[t:reloads]] Go.")
    moments = random.Random(7)
    for _ in range(6):
        await asyncio.sleep(moments.uniform(0.05, 0.6))
        await watch.look()
        await tab.page.reload()
        await watch.look()
    await watch.until_over()
    export = await export_of(tab.page, url)

    assert export["status"] == "done"
    assert watch.shown.keys() >= set(ALL)
    watch.check(export)
    assert stub.count("[[t:reloads]]") == 7


async def test_second_viewer_sees_the_same(
    site: Site, tab: Tab, stub: Stub, browser: Browser, ben: Any
) -> None:
    await tab.goto("/")
    watch = Watch(tab.page)
    url = await start(tab.page, "three", "[[t:viewers]] Go.")
    await watch.until_written("1.A.1", words=20)
    async with open_tab(browser, site.url, storage_state=ben) as other:
        second = Watch(other.page)
        await other.page.goto(url)
        await asyncio.gather(watch.until_over(), second.until_over())
    export = await export_of(tab.page, url)

    watch.check(export)
    second.check(export)
    assert len(second.shown["2.A.1"]) > 1
    assert watch.finals == second.finals


async def test_double_click_on_run_makes_one_run(tab: Tab, stub: Stub) -> None:
    await tab.goto("/")
    await tab.page.get_by_label("Recipe", exact=True).select_option("one")
    await tab.page.get_by_label("Prompt", exact=True).fill("[[t:twice]] Go.")
    await tab.page.get_by_role("button", name="Run").dblclick()
    await tab.page.wait_for_url("**/runs/*/")
    await Watch(tab.page).until_over()
    await tab.goto("/runs/?mine")

    assert await tab.page.get_by_text("[[t:twice]] Go.").count() == 1
    assert stub.count("[[t:twice]]") == 1


async def test_stop_keeps_what_was_written(tab: Tab, stub: Stub) -> None:
    await tab.goto("/")
    watch = Watch(tab.page)
    url = await start(tab.page, "lengthy", "[[t:stop]] Go.")
    await watch.until_written("1.A.1", "1.B.1", words=8)
    await tab.page.get_by_role("button", name="Stop run").click()
    await watch.until_over(seconds=2)
    export = await export_of(tab.page, url)

    assert export["status"] == "cancelled"
    watch.check(export)
    await expect(tab.page.locator("#answer")).to_contain_text("2 calls were made")
    await expect(tab.page.get_by_role("button", name="Stop run")).to_have_count(0)
    shown = await tab.page.locator('[data-stream="1.A.1"]').text_content()
    kept = {draft["key"]: draft["text"] for draft in export["drafts"]}
    assert shown == kept["1.A.1"]


async def test_run_below_quorum_lists_every_cause(tab: Tab, stub: Stub) -> None:
    await tab.goto("/")
    faults = {"fast": "bad-key", "careful": "quota", "bold": "no-credit"}
    asked = [f"[[stub {MODELS[name]}: fault-{why}]]" for name, why in faults.items()]
    await start(tab.page, "three", f"[[t:quorum]] {' '.join(asked)}")
    watch = Watch(tab.page)
    await watch.until_over()
    listed = tab.page.locator("#answer .causes li")
    await expect(listed).to_have_count(3)
    causes = await listed.all_inner_texts()

    assert watch.state == "failed"
    assert "fast: key refused" in causes[0]
    assert "careful: no credit left" in causes[1]
    assert "bold: no credit left" in causes[2]
    await tab.goto("/runs/?mine")
    row = tab.page.locator("tbody tr", has_text="[[t:quorum]]")
    await expect(row.locator(".word")).to_have_text("Failed")


async def test_degraded_run_says_what_was_left_out(tab: Tab, stub: Stub) -> None:
    await tab.goto("/")
    await start(
        tab.page, "three", f"[[t:less]] [[stub {MODELS['bold']}: fault-bad-key]]"
    )
    watch = Watch(tab.page)
    await watch.until_over()

    assert watch.state == "degraded"
    await expect(tab.page.locator("#answer .note")).to_contain_text("Degraded.")
    await expect(tab.page.locator("#draft-1-C-1 .faults")).to_contain_text(
        "key refused"
    )
    assert watch.finals[ANSWER]


async def test_broken_stream_is_tried_again_and_starts_afresh(
    tab: Tab, stub: Stub
) -> None:
    await tab.goto("/")
    broken = "[[stub m-10-5-5: fault-cut-3-then-m-100-40-20]]"
    url = await start(tab.page, "one", f"[[t:again]] {broken}")
    watch = Watch(tab.page)
    await watch.until_over()
    export = await export_of(tab.page, url)

    assert export["status"] == "done"
    assert watch.finals["1.A.1"] == export["answer"]["text"]
    await expect(tab.page.locator("#timeline")).to_contain_text("broke off")


async def test_lost_connection_is_said_and_made_up_for(tab: Tab, stub: Stub) -> None:
    await tab.goto("/")
    watch = Watch(tab.page)
    url = await start(tab.page, "lengthy", "[[t:offline]] Go.")
    await watch.until_written("1.A.1", words=8)
    await tab.page.context.set_offline(True)
    banner = tab.page.locator("#run-link")
    await expect(banner).to_contain_text("Connection lost", timeout=15_000)
    await tab.page.context.set_offline(False)
    await expect(banner).to_be_hidden(timeout=15_000)
    await watch.until_over()

    watch.check(await export_of(tab.page, url))


async def test_page_goes_on_by_itself_when_the_worker_is_killed(
    site: Site, tab: Tab, stub: Stub
) -> None:
    await tab.goto("/")
    watch = Watch(tab.page)
    url = await start(tab.page, "three", "[[t:killed]] Go.")
    await watch.until_written("1.A.1", "1.B.1", "1.C.1", words=10)
    for pid in site.worker_pids():
        os.kill(pid, signal.SIGKILL)
    await watch.until_over(seconds=60)
    export = await export_of(tab.page, url)

    assert export["status"] == "done"
    assert watch.finals == {d["key"]: d["text"] for d in export["drafts"]}
    assert {call["status"] for call in export["calls"]} == {"done", "lost"}


@pytest.mark.parametrize("width", [390, 1440])
async def test_page_fits_its_width(tab: Tab, stub: Stub, width: int) -> None:
    await tab.page.set_viewport_size({"width": width, "height": 844})
    await tab.goto("/")
    watch = Watch(tab.page)
    await start(tab.page, "three", f"[[t:width {width}]] Go.")
    await watch.until_written("1.A.1")
    during = await overflow(tab)
    await watch.until_over()

    assert (during, await overflow(tab)) == (0, 0)


async def overflow(tab: Tab) -> int:
    """How many pixels the page is wider than its window."""
    wide: int = await tab.page.evaluate(
        "() => document.documentElement.scrollWidth - innerWidth"
    )
    return max(wide, 0)


async def test_long_prompt_is_refused_beside_the_field_and_kept(
    site: Site, browser: Browser, ben: Any
) -> None:
    long = "word " * 60_000
    for scripts in (True, False):
        async with open_tab(
            browser, site.url, storage_state=ben, java_script_enabled=scripts
        ) as tab:
            await tab.goto("/")
            field = tab.page.get_by_label("Prompt", exact=True)
            await field.fill(long)
            await tab.page.get_by_role("button", name="Run").click()
            wrong = tab.page.locator("#prompt-wrong")
            await expect(wrong).to_contain_text(
                re.compile(r"262,144|256 k", re.IGNORECASE)
            )
            assert await field.input_value() == long.replace("\r\n", "\n")
            assert "/runs/" not in tab.page.url


@pytest.fixture
def asking_recipe(site: Site) -> None:
    """A recipe that asks for a variable."""
    topic = {"name": "topic", "type": "string", "required": True}
    about = recipe("about", layer("draft", "brief"), variables=[topic])
    content = {
        "schema": "moa-provision/1",
        "recipes": [{"team": "research", "recipe": about}],
    }
    file = site.data / "about.yaml"
    file.write_text(json.dumps(content))
    site.manage("provision", str(file))


@pytest.mark.usefixtures("asking_recipe")
async def test_missing_variable_is_refused_beside_its_field(tab: Tab) -> None:
    await tab.goto("/")
    await tab.page.get_by_label("Recipe", exact=True).select_option("about")
    await tab.page.get_by_label("Prompt", exact=True).fill("Write.")
    await tab.page.get_by_role("button", name="Run").click()
    field = tab.page.get_by_label("topic")

    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(tab.page.locator(".field .wrong")).to_be_visible()
    await expect(tab.page.get_by_label("Prompt", exact=True)).to_have_value("Write.")
