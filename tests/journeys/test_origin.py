"""Behind a forward that changes the address, pages name the setting that mends it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser import open_tab
from tests.sites import Site

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def forward(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, host: str
) -> None:
    """Pass a connection on, each request with the site's own name as its Host."""
    name, port = host.split(":")
    there, back = await asyncio.open_connection(name, int(port))

    async def to_site() -> None:
        while chunk := await reader.read(65_536):
            back.write(
                re.sub(rb"\r\nHost: [^\r]+", b"\r\nHost: " + host.encode(), chunk)
            )
        back.close()

    async def to_browser() -> None:
        while chunk := await there.read(65_536):
            writer.write(chunk)
        writer.close()

    await asyncio.gather(to_site(), to_browser(), return_exceptions=True)


@pytest_asyncio.fixture(loop_scope="session")
async def forwarded(site: Site) -> AsyncIterator[str]:
    """The address of the site behind such a forward."""
    host = urlsplit(site.url).netloc

    async def serve(r: asyncio.StreamReader, w: asyncio.StreamWriter) -> None:
        await forward(r, w, host=host)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.close()


async def test_page_names_the_setting_before_anything_is_sent(
    forwarded: str, browser: Browser, ben: Any
) -> None:
    async with open_tab(browser, forwarded, storage_state=ben) as tab:
        await tab.goto("/")
        banner = tab.page.locator("#banner")
        await expect(banner).to_contain_text("does not know the address")
        await expect(banner).to_contain_text("CSRF_TRUSTED_ORIGINS")
        await expect(banner.locator("dd").first).to_have_text(forwarded)
        await tab.page.get_by_label("Prompt", exact=True).fill("Anybody there?")
        await tab.page.get_by_role("button", name="Run").click()
        await expect(tab.page.locator("main")).to_contain_text("SITE_URL")
        await tab.page.go_back()
        prompt = tab.page.get_by_label("Prompt", exact=True)
        await expect(prompt).to_have_value("Anybody there?")


async def test_page_at_its_own_address_says_nothing(
    site: Site, browser: Browser, ben: Any
) -> None:
    async with open_tab(browser, site.url, storage_state=ben) as tab:
        await tab.goto("/")
        await expect(tab.page.locator("#banner")).to_be_hidden()
        assert not [url for url in tab.requests if url.endswith("/origin/")]
