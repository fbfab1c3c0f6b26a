"""Hostile text in runs, looked at in a real browser: it stays text."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.attacks import ALL, ATTACKS, faults_of
from tests.browser import Tab
from tests.sites import Site
from tests.xss.running import await_end, begin, exported, until_over

pytestmark = pytest.mark.asyncio(loop_scope="session")
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


async def test_reasons_of_judges_stay_text_live_and_after(
    hostile: Site, tab: Tab
) -> None:
    run = begin(hostile, "ranked")
    await tab.goto(f"/runs/{run}/")
    reasons = tab.page.locator(
        "#ranking-2 .reasons", has_text="<script>window.pwned=1;"
    )
    await reasons.wait_for(state="attached", timeout=20_000)
    assert await faults_of(tab.page) == []
    await until_over(tab)
    for place in ("", "?view=focus&draft=2.A.1"):
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
    await tab.goto(f"/runs/{run}/drafts/1.A.1/retry/")
    assert await tab.page.locator("#id_model option").count() > 0
    assert await faults_of(tab.page) == []
    await tab.goto(f"/runs/{run}/drafts/{quote(ATTACKS['image'], safe='')}/edit/")
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
