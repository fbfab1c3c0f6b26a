"""The run page in a reader's hands: its views, its waterfall, what it never disturbs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser import Tab
from tests.journeys.watching import Watch, start
from tests.stub.server import Stub

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHIFTS = """() => {
  window.shifted = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      const of = entry.sources.map((one) => one.node?.id || one.node?.className || one.node?.nodeName);
      window.shifted.push({ value: entry.value, of });
    }
  }).observe({ type: "layout-shift", buffered: true });
}"""


async def begun(tab: Tab, recipe: str, prompt: str) -> Watch:
    """A run that has just been started, on its page."""
    await tab.goto("/")
    await start(tab.page, recipe, prompt)
    return Watch(tab.page)


async def widths(page: Page, selector: str) -> list[float]:
    """The lengths of bars in percent."""
    found: list[float] = await page.eval_on_selector_all(
        selector, "(bars) => bars.map((bar) => parseFloat(bar.getAttribute('width')))"
    )
    return found


async def test_waterfall_grows_while_a_call_is_open(tab: Tab, stub: Stub) -> None:
    watch = await begun(tab, "lengthy", "[[t:waterfall]] Go.")
    await watch.until_written("1.A.1", words=5)
    bars = '#lane-1-A-1 .wrote[data-to=""]'
    await expect(tab.page.locator(bars)).to_have_count(1)
    before = await widths(tab.page, bars)
    await asyncio.sleep(1)
    after = await widths(tab.page, bars)
    rows = await tab.page.locator("#timeline .lane").count()
    await tab.page.get_by_role("button", name="Stop run").click()
    await watch.until_over()

    assert after[0] > before[0] + 1
    assert rows == 3
    await expect(tab.page.locator('#timeline [data-to=""]')).to_have_count(0)


async def test_retry_is_drawn_with_its_pause_and_its_cause(
    tab: Tab, stub: Stub
) -> None:
    broken = "[[stub m-10-5-5: fault-cut-3-then-m-100-40-20]]"
    watch = await begun(tab, "one", f"[[t:drawn]] {broken}")
    await watch.until_over()
    lane = tab.page.locator("#lane-1-A-1")

    await expect(lane.locator(".call-row")).to_have_count(2)
    await expect(lane.locator(".pause")).to_have_count(1)
    await expect(lane).to_contain_text("broke off, waits")


@pytest.mark.parametrize("scripts", [True, False])
async def test_views_are_links_that_work_with_and_without_scripts(
    tab: Tab, stub: Stub, *, scripts: bool
) -> None:
    watch = await begun(tab, "three", "[[t:views]] Go.")
    await watch.until_over()
    url = tab.page.url
    context = await tab.page.context.browser.new_context(  # type: ignore[union-attr]
        java_script_enabled=scripts,
        storage_state=await tab.page.context.storage_state(),
    )
    page = await context.new_page()
    await page.goto(url)
    shown = page.locator(".draft:visible")
    await expect(shown).to_have_count(6)
    await page.get_by_role("link", name="Timeline", exact=True).click()
    await expect(shown).to_have_count(0)
    await expect(page.locator("#timeline .call-row:visible")).to_have_count(9)
    await page.get_by_role("link", name="Compare", exact=True).click()
    await expect(page.locator("#comparing")).to_be_visible()
    await page.get_by_role("link", name="Columns", exact=True).click()
    await page.get_by_role("link", name="Read on in draft 2B").click()
    await expect(page.locator("#draft-2-B-1 .prose p").first).to_be_visible()
    await page.locator("#draft-2-B-1").get_by_role("link", name="Focus").click()
    await expect(shown).to_have_count(1)
    await page.locator('.focus-bar [rel="next"]').click()
    await expect(page.locator("#draft-2-C-1")).to_be_visible()
    await context.close()


async def test_tabs_move_by_arrows_and_keep_their_draft_while_it_runs(
    tab: Tab, stub: Stub
) -> None:
    watch = await begun(tab, "lengthy", "[[t:tabs]] Go.")
    await tab.page.goto(f"{tab.page.url}?view=tabs")
    await watch.until_written("1.B.1", words=5)
    shown = tab.page.locator("#layer-1 .draft:visible")
    await expect(shown).to_have_attribute("data-key", "1.A.1")
    await tab.page.locator('[data-pick="1.A.1"]').focus()
    await tab.page.keyboard.press("ArrowRight")
    await expect(shown).to_have_attribute("data-key", "1.B.1")
    await tab.page.get_by_role("button", name="Stop run").click()
    await watch.until_over()

    await expect(shown).to_have_attribute("data-key", "1.B.1")
    await expect(shown).to_have_attribute("data-status", "stopped")


async def test_a_layer_folds_when_the_next_begins_but_not_under_a_selection(
    tab: Tab, stub: Stub
) -> None:
    watch = await begun(tab, "three", "[[t:folding]] Go.")
    await watch.until(lambda one: "1.A.1" in one.finals)
    await tab.page.evaluate(
        """() => {
          const words = document.querySelector("#draft-1-A-1 .prose p").firstChild;
          getSelection().setBaseAndExtent(words, 0, words, 12);
        }"""
    )
    place = "() => document.querySelector('#draft-1-A-1 .prose p').getBoundingClientRect().top"
    before = await tab.page.evaluate(place)
    await watch.until_written("2.A.1", words=3)
    selected = await tab.page.evaluate("() => getSelection().toString()")
    after = await tab.page.evaluate(place)
    folded = await tab.page.locator("#layer-1[data-folded]").count()
    await watch.until_over()

    assert len(selected) == 12
    assert folded == 0
    assert abs(after - before) < 2


async def test_a_layer_that_nobody_reads_makes_room(tab: Tab, stub: Stub) -> None:
    watch = await begun(tab, "three", "[[t:room]] Go.")
    await tab.page.mouse.move(5, 5)
    await watch.until_written("2.A.1", words=3)

    await expect(tab.page.locator("#layer-1[data-folded] .preview")).to_have_count(3)
    tall = await tab.page.locator("#layer-1").evaluate("(one) => one.offsetHeight")
    await watch.until_over()
    assert tall < 300


async def test_nothing_moves_under_the_reader(tab: Tab, stub: Stub) -> None:
    await tab.page.set_viewport_size({"width": 1440, "height": 1000})
    watch = await begun(tab, "three", "[[t:shifts]] Go.")
    await tab.page.evaluate(SHIFTS)
    await tab.page.mouse.move(5, 5)
    await watch.until_over()
    await asyncio.sleep(0.3)
    shifted: list[dict[str, Any]] = await tab.page.evaluate("() => window.shifted")

    assert sum(shift["value"] for shift in shifted) < 0.02, shifted


async def test_a_slot_at_hand_lights_its_wires(tab: Tab, stub: Stub) -> None:
    watch = await begun(tab, "three", "[[t:wires]] Go.")
    await watch.until_over()
    await tab.page.locator('.seat[data-key="2.B.1"]').hover()
    lit = tab.page.locator("#flow-2 path[data-lit]")

    strip = await tab.page.locator(".flow").evaluate("(one) => one.offsetHeight")

    assert strip == 96
    await expect(lit).to_have_count(3)
    await expect(tab.page.locator("#flow-1 path[data-lit]")).to_have_count(0)


async def test_a_call_shows_what_was_sent_with_its_references(
    tab: Tab, stub: Stub
) -> None:
    watch = await begun(tab, "three", "[[t:sent]] Go.")
    await watch.until_over()
    await tab.page.goto(f"{tab.page.url}?view=focus&draft=2.B.1")
    await tab.page.locator("summary", has_text="What was sent").click()
    sent = tab.page.locator("#draft-2-B-1 #sent")

    await expect(sent).to_contain_text("its fingerprint is the one that was noted")
    await expect(sent.locator(".laid .chip")).to_have_text(["1A", "1B", "1C"])
    await expect(sent.locator(".params")).to_contain_text("400")
    seen = stub.count("[[t:sent]]")
    assert seen == 7


async def test_a_draft_is_shown_as_it_was_written_and_back(
    tab: Tab, stub: Stub
) -> None:
    watch = await begun(tab, "one", "[[t:raw]] Go.")
    await watch.until(lambda one: "1.A.1" in one.finals)
    answer = tab.page.locator("#answer")
    await answer.get_by_text("More").click()
    await answer.get_by_role("link", name="Source").click()
    await expect(answer.locator(".raw > pre")).to_have_text(watch.finals["1.A.1"])
    await answer.get_by_role("link", name="Rendered").click()

    await expect(answer.locator(".raw > pre")).to_have_count(0)


async def test_who_listens_hears_now_and_then_that_it_goes_on(
    tab: Tab, stub: Stub
) -> None:
    watch = await begun(tab, "lengthy", "[[t:voice]] Go.")
    await watch.until_written("1.A.1", words=5)
    voice = tab.page.locator("#run-voice")
    await expect(voice).to_contain_text("Still writing.", timeout=10_000)
    said = await voice.text_content() or ""
    busy = await tab.page.locator('[aria-live="polite"], [role="status"]').count()
    streams = await tab.page.locator(".stream[data-stream]").evaluate_all(
        "(all) => all.map((one) => one.getAttribute('aria-live'))"
    )
    await tab.page.get_by_role("button", name="Stop run").click()
    await watch.until_over()

    assert "0 of 3 drafts" in said
    assert set(streams) == {"off"}
    assert busy <= 4
