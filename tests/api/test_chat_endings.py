"""What a waiting program hears over a real socket, and how its run may end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sites import Site, layer, recipe
from tests.stub.server import Stub

HASTY = recipe("hasty", layer("draft", "brief"), limits={"deadline_s": 1})


@pytest.fixture(scope="module")
def token(site: Site) -> str:
    return site.token("ben")


@pytest.fixture
def program(site: Site, token: str) -> Iterator[httpx.Client]:
    with site.client(token) as client:
        yield client


@pytest.fixture(scope="module")
def hasty(site: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A recipe that gives its run one second."""
    file: Path = tmp_path_factory.mktemp("hasty") / "provision.json"
    entry = {"team": "research", "recipe": HASTY}
    file.write_text(json.dumps({"schema": "moa-provision/1", "recipes": [entry]}))
    site.manage("provision", str(file))
    return "moa/hasty"


def asking(model: str, behaviour: str, **more: Any) -> dict[str, Any]:
    message = {"role": "user", "content": f"[[stub: {behaviour}]] Why?"}
    return {"model": model, "messages": [message], **more}


def post(program: httpx.Client, body: dict[str, Any]) -> httpx.Response:
    return program.post("/v1/chat/completions", json=body)


def check_failure(answer: httpx.Response, status: int, code: str) -> str:
    """The run that the refusal names."""
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert answer.headers["x-should-retry"] == "false"
    return str(error["run"])


def newest_run(site: Site, program: httpx.Client) -> str:
    code = "from playground.models import Run; print(Run.objects.first().pk)"
    return site.manage("shell", "--no-imports", "-c", code).stdout.strip()


def test_run_that_is_cancelled_meanwhile_is_409(
    site: Site, program: httpx.Client, stub: Stub
) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(post, program, asking("moa/one", "m-30000-5-0"))
        deadline = time.monotonic() + 20
        while not stub.count("m-30000-5-0"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        run = newest_run(site, program)
        stopped = program.post(f"/runs/{run}/stop/")
        assert (stopped.status_code, stopped.json()["run"]) == (202, run)
        answer = waiting.result(20)
    assert check_failure(answer, 409, "cancelled") == run


def test_run_that_is_out_of_time_is_504(program: httpx.Client, hasty: str) -> None:
    answer = post(program, asking(hasty, "m-30000-5-0"))
    run = check_failure(answer, 504, "deadline")
    exported = program.get(f"/runs/{run}.json").json()
    assert (exported["status"], exported["reason"]) == ("failed", "deadline")


def test_run_without_an_answer_is_502(program: httpx.Client) -> None:
    answer = post(program, asking("moa/one", "refuse-nothing-known"))
    run = check_failure(answer, 502, "no_answer")
    assert answer.json()["error"]["type"] == "server_error"
    assert program.get(f"/runs/{run}.json").json()["status"] == "failed"


def test_run_that_is_out_of_time_ends_a_stream_with_its_error(
    program: httpx.Client, hasty: str
) -> None:
    answer = post(program, asking(hasty, "m-30000-5-0", stream=True))
    *_, last, nothing = answer.text.split("\n\n")
    error = json.loads(last.removeprefix("data: "))["error"]
    assert (answer.status_code, error["code"], nothing) == (200, "deadline", "")


def test_silence_of_ten_seconds_is_filled_with_a_comment(program: httpx.Client) -> None:
    body = asking("moa/one", "m-11500-5-0", stream=True)
    began = time.monotonic()
    with program.stream("POST", "/v1/chat/completions", json=body) as answer:
        lines = filter(None, answer.iter_lines())
        said = [(time.monotonic() - began, line) for line in lines]
    waits = [seconds for seconds, line in said if line == ": wait"]
    assert len(waits) == 1
    assert 9.5 < waits[0] < 11
    assert '"role":"assistant"' in said[0][1]
    assert said[0][0] < 1
    assert said[-1][1] == "data: [DONE]"
