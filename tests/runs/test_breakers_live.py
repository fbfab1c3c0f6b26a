"""A provider that is down for a while, on a whole site: held back, and found again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.runs.test_drafts_live import begin, has_ended, until
from tests.sites import Site, provision_text, recipe, running_site
from tests.stub import Stub

DOWN = 12
SLOT = {"model": "shaky", "params": {"max_tokens": 50}, "retries": 4}
LAYERS = (
    {"kind": "draft", "slots": [SLOT] * 6, "timeout_s": 60},
    {"kind": "aggregate", "slots": [{**SLOT, "fallback": ["other"]}]},
)
RECIPE = recipe("shaky", *LAYERS)


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory, stub_server: Stub
) -> Iterator[Site]:
    text = provision_text(
        stub_server.base_url, models={"shaky": "shaky", "other": "ok"}, recipes=[RECIPE]
    )
    data: Path = tmp_path_factory.mktemp("shaky")
    with running_site(data, provision=text) as site:
        yield site


def test_provider_that_comes_back_is_asked_again_and_the_run_is_done(
    house: Site, stub: Stub
) -> None:
    stub.script("shaky", ["fault-503"] * DOWN + ["ok"])
    with house.client(house.token("ben")) as client:
        told = until(client, begin(client, "shaky"), has_ended, seconds=40)
    errors = [call["error"] for call in told["calls"] if call["error"]]
    held_back = [error for error in errors if error["kind"] == "paused"]

    assert (told["status"], told["degraded"]) == ("done", False)
    assert stub.count(model="shaky") == DOWN + 7
    assert len(errors) == DOWN + len(held_back)
    assert 5 <= len(held_back) <= 12
    assert "stub is paused until " in held_back[0]["message"]
    assert {call["cost_nanos"] for call in told["calls"] if call["error"]} == {0}


def test_metrics_tell_while_it_is_held_back(house: Site, stub: Stub) -> None:
    stub.script("shaky", ["fault-503"])
    with house.client(house.token("ben")) as client:
        run = begin(client, "shaky")
        held_back = until(client, run, _is_held_back)
        metrics: str = httpx.get(f"{house.url}/metrics").text
        stub.script("shaky", ["ok"])
        told = until(client, run, has_ended, seconds=40)

    assert 'moa_provider_paused_seconds{provider="stub"}' in metrics
    assert told["status"] == "done"
    assert held_back["ended_at"] is None


def _is_held_back(told: dict[str, Any]) -> bool:
    return any((call["error"] or {}).get("kind") == "paused" for call in told["calls"])
