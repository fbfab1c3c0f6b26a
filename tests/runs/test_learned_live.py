"""A picky model on a whole site: the first run learns, the second does not ask again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.runs.test_drafts_live import begin, has_ended, until
from tests.sites import provision_text, recipe, running_site
from tests.stub import Stub

PARAMS = {"temperature": 0.2, "top_p": 0.9, "max_tokens": 50}
SLOT = {"model": "picky", "params": PARAMS, "system_prompt": "Be brief.", "retries": 0}
RECIPE = recipe(
    "picky",
    {"kind": "draft", "slots": [SLOT, SLOT]},
    {"kind": "aggregate", "slots": [SLOT]},
)
ALL = recipe("refused", {"kind": "draft", "slots": [{**SLOT, "model": "all"}]})


@pytest.fixture(scope="module")
def ben(
    tmp_path_factory: pytest.TempPathFactory, stub_server: Stub
) -> Iterator[httpx.Client]:
    models = {"picky": "fault-picky-reasoner", "all": "fault-picky-all"}
    text = provision_text(stub_server.base_url, models=models, recipes=[RECIPE, ALL])
    data: Path = tmp_path_factory.mktemp("picky")
    with (
        running_site(data, provision=text) as site,
        site.client(site.token("ben")) as client,
    ):
        yield client


def ended(client: httpx.Client, slug: str) -> Any:
    return until(client, begin(client, slug), has_ended)


def test_picky_model_writes_and_the_next_run_knows_it(
    ben: httpx.Client, stub: Stub
) -> None:
    first, asked = ended(ben, "picky"), len(stub.calls)
    second = ended(ben, "picky")
    kinds = [call["error"]["kind"] for call in first["calls"] if call["error"]]

    assert (first["status"], first["degraded"]) == ("done", False)
    # Four lessons, and at most each of the two that began at once learns them.
    assert set(kinds) == {"not_taken"}
    assert 4 <= len(kinds) <= 8
    assert [call["status"] for call in second["calls"]] == ["done"] * 3
    assert {call["x_not_taken"]["max_tokens"] for call in second["calls"]} == {
        "max_completion_tokens"
    }
    bodies = [seen.body for seen in stub.calls[asked:]]
    assert [body["max_completion_tokens"] for body in bodies] == [50] * 3
    assert [body["messages"][0]["role"] for body in bodies] == ["developer"] * 3
    sent = {name for body in bodies for name in body}
    assert {"max_tokens", "temperature", "top_p"}.isdisjoint(sent)


def test_who_refuses_everything_fails_the_draft_and_ends(
    ben: httpx.Client, stub: Stub
) -> None:
    told = ended(ben, "refused")

    assert (told["status"], told["reason"]) == ("failed", "no_answer")
    assert 4 <= len(told["calls"]) <= 8
    assert told["calls"][-1]["error"]["kind"] == "request"
