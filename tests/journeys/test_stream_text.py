"""Text that comes in steals nothing from who reads: tail, selection, focus, place."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser import Tab
from tests.journeys.watching import Watch, start
from tests.sites import MODELS, Site
from tests.stub.server import Stub

pytestmark = pytest.mark.asyncio(loop_scope="session")
LONG = " ".join(
    f"[[stub {MODELS[name]}: m-100-400-12]]" for name in ("fast", "careful", "bold")
)
BOX = "#draft-1-A-1 .text"
TAIL = """(selector) => {
  const box = document.querySelector(selector);
  return { top: box.scrollTop, left: box.scrollHeight - box.scrollTop - box.clientHeight };
}"""


async def tail_of(page: Page, selector: str = BOX) -> dict[str, float]:
    """How far a draft's box is scrolled, and how far it could be."""
    found: dict[str, float] = await page.evaluate(TAIL, selector)
    return found


async def scrolls(tab: Tab, prompt: str) -> Watch:
    """A run whose first draft is longer than its box, on a wide page."""
    await tab.page.set_viewport_size({"width": 1440, "height": 1000})
    await tab.goto("/")
    await start(tab.page, "three", f"{prompt} {LONG}")
    watch = Watch(tab.page)
    await watch.until_written("1.A.1", words=150)
    return watch


async def test_tail_is_followed_by_a_reader_at_the_tail_alone(
    tab: Tab, stub: Stub
) -> None:
    await scrolls(tab, "[[t:tail]]")
    at_tail = await tail_of(tab.page)
    assert at_tail["top"] > 0
    assert at_tail["left"] < 24
    await tab.page.locator(BOX).hover()
    await tab.page.mouse.wheel(0, -120)
    await asyncio.sleep(0.3)
    up = await tail_of(tab.page)
    await asyncio.sleep(0.6)
    later = await tail_of(tab.page)
    assert later["top"] == up["top"]
    assert later["left"] > up["left"]


async def test_done_draft_goes_to_its_top_unless_somebody_scrolled_in_it(
    tab: Tab, stub: Stub
) -> None:
    await scrolls(tab, "[[t:top]]")
    await tab.page.locator(BOX).hover()
    await tab.page.mouse.wheel(0, -60)
    await asyncio.sleep(0.2)
    mine = (await tail_of(tab.page))["top"]
    assert mine > 0
    for key in ("1-A-1", "1-B-1"):
        card = tab.page.locator(f"#draft-{key}[data-status=done]")
        await card.wait_for(timeout=30_000)
        if key == "1-A-1":
            assert (await tail_of(tab.page))["top"] == pytest.approx(mine, abs=2)
        else:
            assert (await tail_of(tab.page, "#draft-1-B-1 .text"))["top"] == 0


async def test_selection_outlives_the_end_of_its_draft(tab: Tab, stub: Stub) -> None:
    await scrolls(tab, "[[t:selected]]")
    select = """() => {
      const text = document.querySelector('[data-stream="1.A.1"]').firstChild;
      getSelection().setBaseAndExtent(text, 4, text, 60);
      return getSelection().toString();
    }"""
    chosen = await tab.page.evaluate(select)
    await tab.page.locator("#draft-1-C-1[data-status=done]").wait_for(timeout=30_000)
    await expect(tab.page.locator("#layer-2")).to_be_visible(timeout=30_000)
    assert await tab.page.evaluate("() => getSelection().toString()") == chosen
    assert await tab.page.locator('[data-stream="1.A.1"]').count() == 1
    await tab.page.evaluate("() => getSelection().removeAllRanges()")
    final = tab.page.locator('[data-final="1.A.1"]')
    await expect(final).to_be_attached(timeout=5_000)
    await expect(tab.page.locator("#layer-1 .draft[data-status=done]")).to_have_count(3)


async def test_focus_outlives_the_parts_that_it_is_in(tab: Tab, stub: Stub) -> None:
    await scrolls(tab, "[[t:focused]]")
    await tab.page.locator("#draft-1-A-1").get_by_role("link", name="Focus").focus()
    await tab.page.locator("#draft-1-A-1[data-status=done]").wait_for(timeout=30_000)
    focused = """() => [document.activeElement.getAttribute('aria-label'),
      document.activeElement.closest('article')?.id]"""
    assert await tab.page.evaluate(focused) == [
        "Focus on draft 1A",
        "draft-1-A-1",
    ]


async def test_new_layer_leaves_the_reader_where_they_are(tab: Tab, stub: Stub) -> None:
    await scrolls(tab, "[[t:place]]")
    card = tab.page.locator("#draft-1-B-1")
    await card.scroll_into_view_if_needed()
    await tab.page.locator("#draft-1-B-1 .text").hover()
    where = "() => document.getElementById('draft-1-B-1').getBoundingClientRect().top"
    before = await tab.page.evaluate(where)
    await expect(tab.page.locator("#layer-2")).to_be_visible(timeout=30_000)
    await asyncio.sleep(0.3)
    assert await tab.page.evaluate(where) == pytest.approx(before, abs=2)


async def test_long_text_goes_on_in_blocks_and_reads_the_same(
    tab: Tab, stub: Stub
) -> None:
    """What the page makes of 200 kB, by the functions that it uses itself."""
    await scrolls(tab, "[[t:blocks]]")
    grown: dict[str, Any] = await tab.page.evaluate(
        """async () => {
          const place = document.createElement('div');
          place.className = 'stream';
          Object.assign(place.dataset, { stream: '9.A.1', call: 1, units: 0 });
          document.querySelector('#draft-1-A-1 .text').append(place);
          const texts = draftTexts({ gap: () => { throw new Error('gap'); } });
          const line = 'Ein längerer Satz mit 😀 und noch einigen Wörtern dahinter.\\n\\n';
          let all = '';
          let longest = 0;
          while (all.length < 200_000) {
            const began = performance.now();
            texts.write(['9.A.1', 1, all.length, line]);
            texts.flush();
            longest = Math.max(longest, performance.now() - began);
            all += line;
          }
          const found = place.textContent === all;
          const blocks = place.querySelectorAll('.chunk').length;
          place.remove();
          return { found, blocks, longest };
        }"""
    )
    assert grown["found"]
    assert grown["blocks"] > 30
    assert grown["longest"] < 250


async def test_lost_connection_stops_the_clocks_and_says_what_is_not_known(
    tab: Tab, stub: Stub
) -> None:
    await tab.goto("/")
    await start(tab.page, "lengthy", "[[t:lost]] Go.")
    await Watch(tab.page).until_written("1.A.1", words=8)
    await tab.page.context.set_offline(True)
    banner = tab.page.locator("#run-link")
    await expect(banner).to_have_text(
        "Connection lost, trying again. What is shown may be behind.", timeout=15_000
    )
    clock = tab.page.locator(".readout [data-tick]")
    stopped = await clock.text_content()
    await asyncio.sleep(0.5)
    assert await clock.text_content() == stopped
    await expect(tab.page.locator("#stop")).to_contain_text("may not arrive")
    await tab.page.get_by_role("button", name="Stop run").click()
    await expect(banner).to_contain_text("the stop did not arrive")
    await asyncio.sleep(3)
    await expect(banner).to_contain_text("the stop did not arrive")
    await tab.page.context.set_offline(False)
    await expect(banner).to_be_hidden(timeout=20_000)
    await expect(tab.page.locator("#stop")).not_to_contain_text("may not arrive")
    await Watch(tab.page).until_over()


async def test_now_becomes_the_time_of_day(site: Site, tab: Tab, stub: Stub) -> None:
    await tab.page.clock.install()
    await tab.goto("/")
    await start(tab.page, "one", "[[t:minute]] Go.")
    time = tab.page.locator(".run-head time")
    await expect(time).to_have_text("now")
    await tab.page.clock.fast_forward("01:10")
    await expect(time).not_to_have_text("now")
    assert (await time.text_content() or "")[2] == ":"
