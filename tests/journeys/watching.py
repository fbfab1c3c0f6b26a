"""Looks at a run's page again and again, and knows afterwards whether it ever lied."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Error, Page

LOOK = """() => ({
  state: document.querySelector("#run-status")?.dataset.state ?? "",
  words: document.querySelector("#run-status")?.textContent ?? "",
  streams: [...document.querySelectorAll("[data-stream]")].map(
    (one) => [one.dataset.stream, Number(one.dataset.call), one.textContent]),
  finals: [...document.querySelectorAll("[data-final]")].map(
    (one) => [one.dataset.final, one.dataset.source]),
})"""


@dataclass(slots=True)
class Watch:
    """All that a page showed of its run's texts while it was watched."""

    page: Page
    shown: dict[str, list[str]] = field(default_factory=dict)
    finals: dict[str, str] = field(default_factory=dict)
    state: str = ""

    async def look(self) -> None:
        """Note what the page shows now."""
        try:
            seen = await self.page.evaluate(LOOK)
        except Error:
            return  # the page is loading itself again
        self.state = seen["state"]
        for key, _, text in seen["streams"]:
            texts = self.shown.setdefault(key, [])
            if text and text not in texts[-1:]:
                texts.append(text)
        self.finals = dict(seen["finals"])

    async def until(self, true: Callable[[Watch], object], seconds: float = 60) -> None:
        """Look on until this holds."""
        deadline = time.monotonic() + seconds
        await self.look()
        while not true(self):
            assert time.monotonic() < deadline, f"{self.state}: {self.shown.keys()}"
            await asyncio.sleep(0.03)
            await self.look()

    async def until_over(self, seconds: float = 90) -> None:
        """Look on until the run has ended, on this page."""
        await self.until(lambda one: one.state and one.state not in RUNNING, seconds)

    async def until_written(self, *keys: str, words: int = 1) -> None:
        """Look on until these drafts have some words."""
        await self.until(lambda one: all(one.length(key) >= words for key in keys))

    def length(self, key: str) -> int:
        """The number of words of a draft that were last seen."""
        return len((self.finals.get(key) or (self.shown.get(key) or [""])[-1]).split())

    def check(self, export: dict[str, Any]) -> None:
        """What was shown was always the beginning of what was kept, and then all of it."""
        kept = {draft["key"]: draft["text"] for draft in export["drafts"]}
        for key, texts in self.shown.items():
            for text in texts:
                assert kept[key].startswith(text), (key, text, kept[key])
        done = {d["key"] for d in export["drafts"] if d["status"] == "done"}
        assert self.finals == {key: kept[key] for key in done}


# What #run-status says while a run is open.
RUNNING = {"waiting", "queued", "running", "writing", "sent"}


async def start(page: Page, recipe: str, prompt: str) -> str:
    """Choose a recipe by its slug, type a prompt, press Run; the run's path."""
    await page.get_by_label("Recipe", exact=True).select_option(recipe)
    await page.get_by_label("Prompt", exact=True).fill(prompt)
    await page.get_by_role("button", name="Run").click()
    await page.wait_for_url("**/runs/*/")
    return page.url


async def export_of(page: Page, url: str) -> dict[str, Any]:
    """The run as JSON, as this page's person gets it."""
    answer = await page.request.get(f"{url.rstrip('/')}.json")
    assert answer.status == 200
    found: dict[str, Any] = await answer.json()
    return found
