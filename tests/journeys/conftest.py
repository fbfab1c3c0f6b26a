"""What journeys share: sites with the real local model, and people signed in to them."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from playground.embedded.directory import open_directory
from playground.embedded.model_files import SMOLLM2, NoModelError, obtain
from playground.embedded.speech import Speech
from tests.browser import Tab, open_tab, sign_in
from tests.sites import Site, provision_text, running_site
from tests.stub.server import Stub


def missing(reason: str) -> Any:
    """Skip on a desk, fail in CI."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


@pytest.fixture(scope="session")
def model_file(request: pytest.FixtureRequest) -> Path:
    """The local model's file, kept between sessions."""
    if find_spec("xllamacpp") is None:
        missing("xllamacpp is not installed")
    kept = open_directory(request.config.cache.mkdir("smollm2"))
    try:
        return obtain(SMOLLM2, kept, Speech(io.StringIO()))
    except NoModelError as error:
        return missing(str(error))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, stub_server: Stub) -> Iterator[Site]:
    """A site for each module: what one journey leaves behind is no other's beginning."""
    data = tmp_path_factory.mktemp("site")
    with running_site(data, provision=provision_text(stub_server.base_url)) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ben(site: Site, browser: Browser) -> dict[str, Any]:
    """The cookies of Ben, a member of Research."""
    async with open_tab(browser, site.url) as tab:
        await sign_in(tab, "ben")
        return await tab.page.context.storage_state()


@pytest_asyncio.fixture(loop_scope="session")
async def tab(site: Site, browser: Browser, ben: Any) -> AsyncIterator[Tab]:
    """A tab in which Ben is signed in; its scripts must not have failed at the end."""
    async with open_tab(browser, site.url, storage_state=ben) as tab:
        yield tab
        assert tab.errors == []
        assert tab.violations() == []
