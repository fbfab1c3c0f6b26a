"""A run's page while its worker is away, or its own socket has died: it says so."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest
from playwright.async_api import WebSocketRoute, expect

from playground.live.notices import QUEUED_ALONE
from tests.browser import Tab
from tests.journeys.watching import Watch, export_of, start
from tests.sites import Site
from tests.stub.server import Stub

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_lost_worker_is_said_until_another_goes_on(
    site: Site, tab: Tab, stub: Stub
) -> None:
    await tab.goto("/")
    watch = Watch(tab.page)
    url = await start(tab.page, "lengthy", "[[t:notice]] Go.")
    await watch.until_written("1.A.1", words=8)
    for pid in site.worker_pids():
        os.kill(pid, signal.SIGKILL)
    banner = tab.page.locator("#run-link")
    await expect(banner).to_contain_text("another takes over", timeout=9_000)
    await expect(banner).to_be_hidden(timeout=15_000)
    await watch.until_over(seconds=60)

    export = await export_of(tab.page, url)
    assert export["status"] == "done"
    assert all(c["first_token_ms"] is not None for c in export["calls"])


async def test_queued_run_says_that_no_worker_is_up(
    site: Site, tab: Tab, stub: Stub
) -> None:
    await tab.goto("/")
    workers = site.worker_pids()
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    banner = tab.page.locator("#run-link")
    try:
        await start(tab.page, "one", "[[t:nobody]] Go.")
        await expect(banner).to_have_text(QUEUED_ALONE, timeout=20_000)
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
    await Watch(tab.page).until_over(seconds=30)
    await expect(banner).to_be_hidden()


async def test_socket_that_died_in_silence_is_replaced(tab: Tab, stub: Stub) -> None:
    died: list[float] = []
    opened: list[float] = []
    replaced = asyncio.Event()

    def route(socket: WebSocketRoute) -> None:
        """The first socket brings nothing any more after its first frames."""
        server = socket.connect_to_server()
        opened.append(time.monotonic())
        if len(opened) == 2:
            replaced.set()
        first, brought = len(opened) == 1, []

        def bring(message: str | bytes) -> None:
            brought.append(message)
            if not first or len(brought) < 12:
                socket.send(message)
            elif not died:
                died.append(time.monotonic())

        server.on_message(bring)
        if first:
            server.on_close(lambda _code, _reason: None)

    await tab.page.route_web_socket("**/ws/runs/**", route)
    await tab.goto("/")
    watch = Watch(tab.page)
    url = await start(tab.page, "lengthy", "[[t:silent]] Go.")
    await watch.until_written("1.A.1")
    await asyncio.wait_for(replaced.wait(), 60)
    assert 20 < opened[1] - died[0] < 40
    await watch.until_over(seconds=60)
    watch.check(await export_of(tab.page, url))
