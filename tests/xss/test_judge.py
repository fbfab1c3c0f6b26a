"""Hostile text in exports; and that the judge of pages and texts can see life."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt
from playwright.async_api import Browser

from tests.attacks import ALL, ATTACKS, faults_of
from tests.browser import open_tab
from tests.sites import Site
from tests.xss.running import exported

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_markdown_export_stays_text(hostile: Site) -> None:
    for slug in ("hostile", "broken"):
        run, export = exported(hostile, slug)
        assert export.headers["Content-Type"] == "text/markdown; charset=utf-8"
        assert export.headers["X-Content-Type-Options"] == "nosniff"
        assert ATTACKS["script"] in export.text
        assert living_parts(export.text) == {f"{hostile.url}/runs/{run}/"}


def living_parts(text: str) -> set[str]:
    """What a lenient Markdown reader makes of a text beyond text: HTML, links, images."""
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    found = set()
    for token in reader.parse(text):
        for part in (token, *(token.children or ())):
            if part.type in {"html_block", "html_inline", "image"}:
                found.add(part.content)
            elif part.type == "link_open":
                found.add(str(part.attrs["href"]))
    return found


async def test_judge_sees_what_comes_alive(browser: Browser, hostile: Site) -> None:
    async with open_tab(browser, hostile.url) as tab:
        # Without the one that leads the page away.
        alive = ALL.replace(ATTACKS["base"], "")
        await tab.page.set_content(f'<main class="prose">{alive}</main>')
        await tab.page.wait_for_timeout(500)
        assert tab.dialogs
        assert tab.abroad()
        assert len(await faults_of(tab.page)) > 10


@pytest.mark.parametrize("attack", ["script", "image", "markdown-image", "frame"])
async def test_judge_sees_what_lives_in_markdown(attack: str) -> None:
    assert living_parts(ATTACKS[attack])
