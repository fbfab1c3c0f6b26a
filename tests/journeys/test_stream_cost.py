"""Six drafts that stream at once cost the page little, move nothing, and ask nobody else."""

from __future__ import annotations

import json

import pytest

from tests.bench.browser import MOST_PAGE, MOST_SHIFT, SIX, STREAMS, watch_six
from tests.bench.viewers import Door
from tests.browser import Tab
from tests.sites import Site
from tests.stub.server import Stub

pytestmark = pytest.mark.asyncio(loop_scope="session")
# Twice what the bench demands: here other tests may run beside it.
LOOSE_CORE, LOOSE_TASK_MS = 0.6, 100


@pytest.fixture
def six(site: Site, stub: Stub) -> Door:
    """The recipe of six slots in a site that runs already, and a door to start it."""
    card = {"context": 32768, "max_output": 4096, "price": {"input": 1, "output": 1}}
    models = [
        {"alias": alias, "model": model, **card} for alias, model in STREAMS.items()
    ]
    provider = {"slug": "stub", "name": "The stub", "base_url": stub.base_url}
    content = {
        "schema": "moa-provision/1",
        "providers": [
            {**provider, "local": True, "max_parallel": 400, "models": models}
        ],
        "recipes": [{"team": "research", "recipe": SIX}],
    }
    file = site.data / "six.yaml"
    file.write_text(json.dumps(content))
    site.manage("provision", str(file))
    return Door(site.url, site.token("ben"))


async def test_six_streams_leave_the_page_at_rest(tab: Tab, six: Door) -> None:
    await tab.page.set_viewport_size({"width": 1440, "height": 1000})
    watched = await watch_six(tab, six)

    assert watched.words > 1000
    assert watched.core < LOOSE_CORE
    assert watched.longest_ms < LOOSE_TASK_MS
    assert watched.shift < MOST_SHIFT, watched.shifts
    assert watched.foreign == []
    assert watched.page_bytes < MOST_PAGE
