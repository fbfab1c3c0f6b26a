"""Every preset that ships, run to its end by a whole site: on `/v1` and in the terminal."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from playground.embedded.directory import open_directory
from playground.embedded.local_model import LocalModel, embed_local_model
from playground.embedded.model_files import SMOLLM2, obtain
from playground.embedded.speech import Speech
from playground.embedded.supervisor import Supervisor
from playground.recipes.presets.files import SLUGS
from tests.sites import Site, provision_text, running_site
from tests.stub.server import Stub

pytestmark = pytest.mark.timeout(300)
# They draft, and judge in whatever form they are asked for.
_FAMILIES = {"alfa": "Llama", "beta": "Qwen", "gamma": "Phi", "delta": "Gemma"}
MODELS = {
    **{
        alias: f"judge-20, family: {family}, size: 70B"
        for alias, family in _FAMILIES.items()
    },
    "guide": "judge-10, size: 8B, good_at: [judging, routing]",
}
PATIENCE = 120.0


@pytest.fixture(scope="module")
def company(
    tmp_path_factory: pytest.TempPathFactory, stub_server: Stub
) -> Iterator[Site]:
    """A site of five models whose team Research has no recipe."""
    text = provision_text(stub_server.base_url, models=MODELS, recipes=[])
    with running_site(tmp_path_factory.mktemp("company"), provision=text) as site:
        yield site


@pytest.fixture(scope="module")
def answers(company: Site) -> dict[str, Any]:
    """What `/v1` answered for each preset, all asked at once, and each run's export."""
    token = company.token("ben")
    with ThreadPoolExecutor(len(SLUGS)) as pool:
        told = pool.map(lambda slug: _ask(company, token, slug), SLUGS)
        return dict(zip(SLUGS, told, strict=True))


def _ask(site: Site, token: str, slug: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    body = {
        "model": f"moa/{slug}",
        "messages": [{"role": "user", "content": "How many reasons are there?"}],
    }
    with httpx.Client(base_url=site.url, headers=headers, timeout=PATIENCE) as client:
        response = client.post("/v1/chat/completions", json=body)
        told = response.json()
        if response.status_code != 200:
            return {"status": response.status_code, "error": told}
        export = client.get(f"/runs/{told['moa']['run']}.json").json()
    return {"status": 200, "chat": told, "export": export}


@pytest.mark.parametrize("slug", SLUGS)
def test_preset_answers_on_v1(answers: dict[str, Any], slug: str) -> None:
    answer = answers[slug]
    assert answer["status"] == 200, answer
    export = answer["export"]
    assert (
        answer["chat"]["choices"][0]["message"]["content"] == export["answer"]["text"]
    )
    assert export["answer"]["text"]
    assert (export["status"], export["degraded"]) == ("done", False), export["layers"]
    assert export["recipe"] == {"team": "research", "slug": slug, "revision": 1}
    assert {call["status"] for call in export["calls"]} <= {"done", "cancelled"}


def test_models_of_a_preset_take_the_roles_that_their_cards_tell(
    answers: dict[str, Any],
) -> None:
    layers = answers["two-rounds"]["export"]["revision"]["layers"]
    assert [slot["model"] for slot in layers[0]["slots"]] == ["alfa", "beta", "delta"]
    route = answers["routed-moa"]["export"]["revision"]["layers"][0]
    assert [slot["model"] for slot in route["slots"]] == ["guide"]
    best = answers["best-of-n"]["export"]["revision"]["layers"]
    assert [layer["slots"][0]["model"] for layer in best] == ["alfa", "guide"]


def test_presets_are_models_of_every_team(company: Site) -> None:
    for user, team in (("ben", "research"), ("sten", "elsewhere")):
        with company.client(company.token(user, team)) as client:
            listed = client.get("/v1/models").json()["data"]
            assert {each["id"] for each in listed} == {f"moa/{slug}" for slug in SLUGS}
            other = {"research": "elsewhere", "elsewhere": "research"}[team]
            body = {"model": f"moa/{other}/single", "messages": [ASKED]}
            assert client.post("/v1/chat/completions", json=body).status_code == 404


ASKED = {"role": "user", "content": "Why?"}


@pytest.mark.parametrize("name", ["self-moa", "research/moa-lite-6-1"])
def test_preset_runs_in_the_terminal(company: Site, name: str) -> None:
    done = company.manage("run", name, "Why?", "--json", "--as", "ben")
    export = json.loads(done.stdout)
    assert (export["status"], export["recipe"]["slug"]) == (
        "done",
        name.rpartition("/")[2],
    )
    assert len(export["calls"]) == 7


def test_later_model_is_in_the_next_run_of_a_preset(
    company: Site, tmp_path: Path, stub_server: Stub
) -> None:
    more = {"omega": "judge-10, family: Omega, size: 900B"}
    text = provision_text(stub_server.base_url, models=more, recipes=[])
    file = tmp_path / "more.yaml"
    file.write_text(text)
    company.manage("provision", str(file))
    done = company.manage("run", "research/single", "Why?", "--json", "--as", "ben")
    export = json.loads(done.stdout)
    assert [call["model"] for call in export["calls"]] == ["omega"]
    before = company.manage("run", "elsewhere/single", "Why?", "--json", "--as", "sten")
    revisions = [export["recipe"]["revision"]]
    revisions.append(json.loads(before.stdout)["recipe"]["revision"])
    # Research ran it before with another model; Elsewhere runs it for the first time.
    assert revisions == [2, 1]


@pytest.fixture(scope="module")
def local_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalModel]:
    speech = Speech(io.StringIO())
    directory = open_directory(tmp_path_factory.mktemp("model"))
    supervisor = Supervisor(directory, speech, environment=os.environ)
    part, model = embed_local_model(obtain(SMOLLM2, directory, speech))
    try:
        supervisor.start(part)
        assert supervisor.wait_until(part.is_ready, patience=30)
        yield model
    finally:
        supervisor.stop()


@pytest.fixture(scope="module")
def cottage(
    tmp_path_factory: pytest.TempPathFactory, local_model: LocalModel
) -> Iterator[Site]:
    """A site whose one model is SmolLM2, which writes 32 tokens at most."""
    text = provision_text(
        local_model.base_url, models={"tiny": local_model.model}, recipes=[]
    )
    text = text.replace("max_output: 4096", "max_output: 32").replace(
        "context: 32768", f"context: {local_model.context}"
    )
    with running_site(tmp_path_factory.mktemp("cottage"), provision=text) as site:
        yield site


@pytest.mark.parametrize(
    ("slug", "calls"), [("two-rounds", 7), ("self-moa-seq", 9), ("more-agents", 10)]
)
def test_preset_runs_on_the_local_model(cottage: Site, slug: str, calls: int) -> None:
    done = cottage.manage("run", slug, "Name three colours.", "--json", "--as", "ben")
    export = json.loads(done.stdout)
    assert (export["status"], export["degraded"]) == ("done", False), export
    assert export["answer"]["text"].strip()
    made = [call for call in export["calls"] if call["status"] == "done"]
    assert len(made) == calls
    # So small a model now and then writes nothing, and is asked once more.
    others = [call["error"]["message"] for call in export["calls"] if call not in made]
    assert all("nothing that can be used" in message for message in others), others
    assert {call["model"] for call in export["calls"]} == {"tiny"}
    assert all(0 < call["usage"]["out"] <= 32 for call in made)
