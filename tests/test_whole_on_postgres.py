"""The whole product on PostgreSQL: provisioned, asked through /v1, run in the terminal."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import openai
import pytest

from tests.sites import Site, provision_text, running_site
from tests.stub.server import Stub


@pytest.fixture(scope="module")
def postgres_site(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory, stub_server: Stub
) -> Iterator[Site]:
    with running_site(
        tmp_path_factory.mktemp("site"),
        provision=provision_text(stub_server.base_url),
        environment={"DATABASE_URL": postgres_url},
    ) as site:
        yield site


def test_site_keeps_nothing_in_sqlite(postgres_site: Site) -> None:
    assert list(postgres_site.data.glob("*.sqlite3*")) == []


def test_run_through_v1_on_postgresql(postgres_site: Site) -> None:
    token = postgres_site.token("ben")
    with openai.OpenAI(base_url=f"{postgres_site.url}/v1", api_key=token) as program:
        answer = program.chat.completions.create(
            model="moa/three", messages=[{"role": "user", "content": "Why?"}]
        )
    with postgres_site.client(token) as client:
        run = client.get(f"/runs/{answer.moa['run']}.json").json()
        page = client.get(f"/runs/{run['id']}/")
    assert answer.choices[0].message.content == run["answer"]["text"] != ""
    assert (run["status"], len(run["calls"])) == ("done", 7)
    assert [len(draft["references"]) for draft in run["drafts"]] == [0] * 3 + [3] * 4
    assert page.status_code == 200


def test_run_in_the_terminal_on_postgresql(postgres_site: Site) -> None:
    done: subprocess.CompletedProcess[str] = postgres_site.manage(
        "run", "quick", "Why?", "--json"
    )
    exported = json.loads(done.stdout)
    assert (exported["status"], len(exported["calls"])) == ("done", 3)
