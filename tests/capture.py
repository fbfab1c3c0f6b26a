"""Makes the pictures of README: `python -m tests.capture`, with the local model.

A fresh site, the preset of two rounds, a prompt, and what the page then shows: nothing
is staged. The pictures lie in `static/readme`.
"""

from __future__ import annotations

import asyncio
import io
import re
import shutil
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from playground.embedded.directory import open_directory
from playground.embedded.model_files import SMOLLM2, obtain
from playground.embedded.speech import Speech
from tests.browser import OPTIONS, PROGRAM
from tests.sites import ROOT, Site, running_site

PICTURES = ROOT / "static" / "readme"
PROMPT = (
    "Why is the sky blue, and why is it red in the evening? Answer in three sentences."
)
RECIPE = "two-rounds"
WIDTH, HEIGHT = 1280, 860
MOVING_WIDTH = 800
FRAME_SECONDS = 0.25
MOST_FRAMES = 45
SPEED = 3
COLOURS = 32
PROVISION = "schema: moa-provision/1\n"


def main() -> None:
    """Start a site, run once, keep the pictures."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="moa-capture-") as folder:
        data = Path(folder)
        kept = open_directory(ROOT / ".pytest_cache" / "capture")
        model = obtain(SMOLLM2, kept, Speech(io.StringIO()))
        (data / "models").mkdir()
        shutil.copy(model, data / "models" / SMOLLM2.name)
        with running_site(data, provision=PROVISION, options=()) as site:
            asyncio.run(_capture(site))


async def _capture(site: Site) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(PROGRAM), args=OPTIONS
        )
        page = await _signed_in(browser, site)
        frames = await _watch(page, site)
        await page.screenshot(path=PICTURES / "run.png")
        await browser.close()
    _keep_moving(frames)
    _shrink(PICTURES / "run.png")


async def _signed_in(browser: Browser, site: Site) -> Page:
    page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    told = (site.data / "up.log").read_text()
    link = re.search(r"Sign in, once: (\S+)\n", told)
    assert link is not None, told
    await page.goto(link[1])
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"{site.url}/")
    return page


async def _watch(page: Page, site: Site) -> list[tuple[float, bytes]]:
    """Run the recipe; what the page showed at which second, until it is over."""
    await page.goto(f"{site.url}/?recipe={RECIPE}")
    await page.get_by_label("Prompt", exact=True).fill(PROMPT)
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url("**/runs/*/")
    frames: list[tuple[float, bytes]] = []
    over = page.locator("#run-status:is([data-state=done], [data-state=degraded])")
    while not await over.count():
        frames.append((time.monotonic(), await page.screenshot(type="png")))
        await asyncio.sleep(FRAME_SECONDS)
    await asyncio.sleep(1)
    frames.append((time.monotonic(), await page.screenshot(type="png")))
    return frames


def _keep_moving(frames: list[tuple[float, bytes]]) -> None:
    """A GIF of the frames, thinned to what a README can carry; the end stays a while."""
    step = -(-len(frames) // MOST_FRAMES)
    chosen = [*frames[::step], frames[-1]]
    scale = MOVING_WIDTH / WIDTH
    images = [
        Image.open(io.BytesIO(frame))
        .convert("RGB")
        .resize((MOVING_WIDTH, round(HEIGHT * scale)), Image.Resampling.LANCZOS)
        .quantize(COLOURS, dither=Image.Dither.NONE)
        for _, frame in chosen
    ]
    pauses = [
        round(1000 * (after - before) / SPEED)
        for (before, _), (after, _) in pairwise(chosen)
    ]
    images[0].save(
        PICTURES / "run.gif",
        save_all=True,
        append_images=images[1:],
        duration=[*pauses, 3_000],
        loop=0,
        optimize=True,
    )


def _shrink(path: Path) -> None:
    Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)


if __name__ == "__main__":
    main()
