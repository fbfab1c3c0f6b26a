"""A real Chromium for tests, and pages in it that remember what happened on them.

One browser a session, on the session's loop: modules that use it mark their tests with
`pytest.mark.asyncio(loop_scope="session")`.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Dialog, Page, Request, async_playwright

PROGRAM = Path(os.environ.get("MOA_TEST_CHROMIUM", "/usr/bin/chromium"))
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--no-first-run",
]
# The people of tests/sites.py.
PASSWORDS = {
    "ada": "ada sings at noon",
    "ben": "ben rows at dawn",
    "vera": "vera only looks",
    "sten": "sten is elsewhere",
}


@dataclass(slots=True)
class Tab:
    """A page, and what it did that a reader would not see."""

    page: Page
    base_url: str
    dialogs: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    async def goto(self, path: str) -> None:
        """Open a page of the site; its scripts have run when this returns."""
        await self.page.goto(self.base_url + path, wait_until="load")

    def abroad(self) -> list[str]:
        """The requests that went to another origin."""
        home = urlsplit(self.base_url).netloc
        foreign = ("http", "https", "ws", "wss", "ftp")
        parts = ((url, urlsplit(url)) for url in self.requests)
        return [url for url, at in parts if at.scheme in foreign and at.netloc != home]

    def violations(self) -> list[str]:
        """What the console says of the Content-Security-Policy."""
        return [line for line in self.console if "Content Security Policy" in line]


def _watch(page: Page, base_url: str) -> Tab:
    tab = Tab(page, base_url)

    async def dismiss(dialog: Dialog) -> None:
        tab.dialogs.append(f"{dialog.type}: {dialog.message}")
        await dialog.dismiss()

    def requested(request: Request) -> None:
        tab.requests.append(request.url)

    page.on("dialog", dismiss)
    page.on("request", requested)
    page.on("websocket", lambda socket: tab.requests.append(socket.url))
    page.on("console", lambda line: tab.console.append(f"{line.type}: {line.text}"))
    page.on("pageerror", lambda error: tab.errors.append(str(error)))
    return tab


@asynccontextmanager
async def open_tab(
    browser: Browser, base_url: str, **options: Any
) -> AsyncIterator[Tab]:
    """A tab of a fresh visitor: no cookies, nothing remembered. Options as Playwright's."""
    context = await browser.new_context(**options)
    try:
        yield _watch(await context.new_page(), base_url)
    finally:
        await context.close()


async def sign_in(tab: Tab, user: str, password: str = "", onward: str = "/") -> None:
    """Sign in through the form, and wait for the page that follows."""
    await tab.goto(f"/sign-in/?next={onward}")
    await tab.page.get_by_label("Username").fill(user)
    await tab.page.get_by_label("Password").fill(password or PASSWORDS[user])
    await tab.page.get_by_role("button", name="Sign in").click()
    await tab.page.wait_for_url(lambda url: urlsplit(url).path != "/sign-in/")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The browser of this session; without one, skipped on a desk and refused in CI."""
    if not PROGRAM.exists():
        missing = f"there is no Chromium at {PROGRAM}; MOA_TEST_CHROMIUM names another"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=str(PROGRAM), args=OPTIONS
        )
        yield chromium
        await chromium.close()
