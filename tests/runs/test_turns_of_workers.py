"""Two real worker processes and one provider that takes four calls at once."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from playground.runs.execution.turns.gate import ASK_SECONDS
from playground.runs.execution.turns.wire import LEASE_SECONDS
from tests.sites import MODELS, Site, layer, provision_text, recipe, running_site
from tests.stub.records import Seen
from tests.stub.server import Stub

PLACES = 4
PACES = {"short": "m-50-10-10", "long": "m-100-1500-20"}
RECIPES = [
    recipe("wide", layer("draft", *["short"] * 20), layer("aggregate", "short")),
    recipe("some", layer("draft", *["short"] * 6), layer("aggregate", "short")),
    recipe("one", layer("draft", "short")),
    recipe("all", layer("draft", *["long"] * PLACES), layer("aggregate", "short")),
]
for document in RECIPES:
    for each in document["layers"]:
        for slot in each["slots"]:
            slot["params"]["max_tokens"] = 2000


@pytest.fixture(scope="module")
def narrow(
    tmp_path_factory: pytest.TempPathFactory, stub_server: Stub
) -> Iterator[Site]:
    text = provision_text(
        stub_server.base_url, models=MODELS | PACES, recipes=RECIPES
    ).replace("max_parallel: 400", f"max_parallel: {PLACES}")
    options = ("--no-local-model", "--workers", "2")
    data = tmp_path_factory.mktemp("narrow")
    with running_site(data, provision=text, options=options) as site:
        yield site


@pytest.fixture
def client(narrow: Site, stub: Stub) -> Iterator[httpx.Client]:
    with narrow.client(narrow.token("ada")) as client:
        yield client


def start(client: httpx.Client, slug: str, prompt: str) -> str:
    """Start a run by its detached stream; its id."""
    body = {
        "model": f"moa/{slug}",
        "messages": [{"role": "user", "content": prompt}],
        "stream": True,
        "moa": {"detach": True},
    }
    with client.stream("POST", "/v1/chat/completions", json=body) as response:
        for line in response.iter_lines():
            if line.startswith("data: {"):
                return str(httpx.Response(200, text=line[6:]).json()["moa"]["run"])
    raise AssertionError("no run began")


def export(client: httpx.Client, run: str) -> dict[str, Any]:
    exported: dict[str, Any] = client.get(f"/runs/{run}.json").json()
    return exported


def until_over(client: httpx.Client, runs: list[str], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    for run in runs:
        while export(client, run)["status"] in {"queued", "running"}:
            assert time.monotonic() < deadline, "a run does not end"
            time.sleep(0.1)


def span(seen: Seen) -> tuple[float, float]:
    ends = [at for at in (seen.ended_at, seen.disconnected_at) if at is not None]
    return seen.at, min(ends, default=time.monotonic())


def most_at_once(calls: list[Seen]) -> int:
    """How many calls were open at the same time, as the provider saw them."""
    turns = [
        (at, step)
        for seen in calls
        for at, step in zip(span(seen), (1, -1), strict=True)
    ]
    inside = most = 0
    for _, step in sorted(turns):
        inside += step
        most = max(most, inside)
    return most


def worker_of(narrow: Site, run: str) -> int:
    """The process that carries a run, or carried it."""
    with sqlite3.connect(f"file:{narrow.data}/moa.sqlite3?mode=ro", uri=True) as stored:
        [(worker,)] = stored.execute(
            "SELECT worker FROM playground_run WHERE id = ?", (run.replace("-", ""),)
        )
    return int(worker.split("-")[-2]) if worker else 0


def test_two_workers_never_call_more_at_once_than_allowed_and_use_all_places(
    narrow: Site, client: httpx.Client, stub: Stub
) -> None:
    with ThreadPoolExecutor(10) as people:
        began = [people.submit(start, client, "some", f"Run {n}") for n in range(10)]
        runs = [run.result() for run in began]
    until_over(client, runs)
    assert {export(client, run)["status"] for run in runs} == {"done"}
    assert len({worker_of(narrow, run) for run in runs}) == 2
    assert (len(stub.calls), most_at_once(stub.calls)) == (70, PLACES)
    spans = [span(seen) for seen in stub.calls]
    busy = sum(end - at for at, end in spans)
    wall = max(end for _, end in spans) - min(at for at, _ in spans)
    assert busy / (PLACES * wall) > 0.75


def test_run_with_one_call_is_not_held_up_by_a_run_with_twenty(
    narrow: Site, client: httpx.Client, stub: Stub
) -> None:
    wide = start(client, "wide", "[[wide]]")
    while len(stub.calls) < PLACES:
        time.sleep(0.01)
    ones = [start(client, "one", f"[[one {n}]]") for n in range(3)]
    until_over(client, [wide, *ones])
    order = ["one" if "[[one" in seen.text else "wide" for seen in stub.calls]
    # Four were in before them; when all places are free at once they get three of four.
    waited = max(place for place, name in enumerate(order) if name == "one")
    assert waited < len(order) - 8, order


def test_killed_workers_places_are_free_within_their_lease(
    narrow: Site, client: httpx.Client, stub: Stub
) -> None:
    hog = start(client, "all", "[[hog]]")
    while len(stub.calls) < PLACES:
        time.sleep(0.01)
    ones = [start(client, "one", f"[[one {n}]]") for n in range(8)]
    time.sleep(0.5)
    carriers = {run: worker_of(narrow, run) for run in ones}
    victim = worker_of(narrow, hog)
    assert set(carriers.values()) - {victim}, "all runs are in the worker to be killed"
    assert len(stub.calls) == PLACES
    os.kill(victim, signal.SIGKILL)
    killed = time.monotonic()
    while stub.count("[[one") == 0:
        assert time.monotonic() - killed < 30, "the places are not free"
        time.sleep(0.05)
    # The lease, and the second within which who waits asks again.
    assert time.monotonic() - killed < LEASE_SECONDS + ASK_SECONDS + 0.5
    until_over(client, ones, seconds=40)
    client.post(f"/runs/{hog}/stop/")
    until_over(client, [hog])
    assert most_at_once(stub.calls) == PLACES
