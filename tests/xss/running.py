"""Runs of hostile recipes, and their ends."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx

from tests.attacks import ALL
from tests.browser import Tab
from tests.sites import Site


def begin(site: Site, slug: str) -> str:
    """Start a run on all attacks at once; it goes on by itself."""
    body: dict[str, Any] = {
        "model": f"moa/hostile/{slug}",
        "messages": [{"role": "user", "content": ALL}],
        "stream": True,
        "moa": {"detach": True},
    }
    path = "/v1/chat/completions"
    with (
        site.client(site.token("ada", "hostile")) as client,
        client.stream("POST", path, json=body) as response,
    ):
        for line in response.iter_lines():
            if line.startswith("data: "):
                return str(json.loads(line[6:])["moa"]["run"])
    raise AssertionError("no first chunk")


async def until_over(tab: Tab) -> None:
    """Wait until the run of this page has ended."""
    over = (
        "#run-status:is([data-state=done], [data-state=failed], [data-state=degraded])"
    )
    await tab.page.wait_for_selector(over, timeout=60_000)


def exported(site: Site, slug: str) -> tuple[str, httpx.Response]:
    """A run that has ended, and its Markdown."""
    run = begin(site, slug)
    await_end(site, run)
    with site.client(site.token("ada", "hostile")) as client:
        return run, client.get(f"/runs/{run}.md")


def await_end(site: Site, run: str) -> None:
    """Wait until the run has ended, whatever a page says of it."""
    with site.client(site.token("ada", "hostile")) as client:
        while client.get(f"/runs/{run}.json").json()["ended_at"] is None:
            time.sleep(0.1)
