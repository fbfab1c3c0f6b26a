"""A team, models and recipes whose every word is an attack, and a tab that looks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.attacks import ALL, ATTACKS
from tests.browser import Tab, open_tab, sign_in
from tests.sites import Site, layer, recipe
from tests.stub.server import Stub

MODELS = {
    "echo": "echo",
    "drip": "fault-drip-100",
    "recite": "fault-recite",
    "halves": "fault-halves",
    "unknown": ATTACKS["image"],
    "judge": "judge-300-hostile",
}
LINE = " ".join(ALL.split())
OURS = {
    "name": ATTACKS["script"] + ATTACKS["attribute"],
    "description": LINE,
    "tags": [ATTACKS["image"], ATTACKS["markdown-script"], "{{7*7}}"],
    "sample_prompts": [ATTACKS["end-script"]],
}
RECIPES = [
    recipe(
        "hostile",
        layer(
            "draft", "drip", "echo", "halves", "recite", "unknown", name=ATTACKS["htmx"]
        ),
        layer("aggregate", "echo", name=ATTACKS["quote"]),
        **OURS,
    ),
    recipe(
        "broken",
        layer("draft", "recite", "unknown", name=ATTACKS["svg"]),
        layer("aggregate", "unknown"),
    ),
]
RECIPES.append(
    recipe(
        "ranked",
        layer("draft", "echo", "drip"),
        layer("rank", "judge", name=ATTACKS["svg"], method="score"),
        layer("aggregate", "echo"),
    )
)
MORE = """
schema: moa-provision/1
teams:
  - slug: hostile
    name: {name}
    members: [{{user: ada, role: admin}}]
providers:
  - slug: hostile
    name: {name}
    base_url: {base_url}
    local: true
    models:
{models}
recipes:
{recipes}
"""


@pytest.fixture(scope="module")
def hostile(site: Site, stub_server: Stub) -> Site:
    """The site with a team, models and recipes whose every word is an attack."""
    models = "\n".join(
        f"      - {{alias: x-{alias}, model: {json.dumps(model)}, context: 32768, max_output: 400}}"
        for alias, model in MODELS.items()
    )
    documents = json.dumps(RECIPES, ensure_ascii=False)
    for alias in MODELS:
        documents = documents.replace(f'"model": "{alias}"', f'"model": "x-{alias}"')
    recipes = "\n".join(
        f"  - {{team: hostile, recipe: {json.dumps(document, ensure_ascii=False)}}}"
        for document in json.loads(documents)
    )
    file = site.data.parent / f"{site.data.name}-hostile.yaml"
    name = json.dumps(ATTACKS["image"])
    file.write_text(
        MORE.format(
            name=name, base_url=stub_server.base_url, models=models, recipes=recipes
        )
    )
    done = site.manage("provision", str(file), check=False)
    assert done.returncode == 0, done.stderr
    return site


@pytest_asyncio.fixture(loop_scope="session")
async def tab(hostile: Site, browser: Browser) -> AsyncIterator[Tab]:
    """Ada's tab. Whatever a test did with it, nothing in it came alive."""
    async with open_tab(browser, hostile.url) as tab:
        await sign_in(tab, "ada")
        yield tab
        assert tab.dialogs == []
        assert tab.abroad() == []
        assert tab.violations() == []
        assert tab.errors == []
