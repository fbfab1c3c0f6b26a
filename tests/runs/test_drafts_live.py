"""Single drafts stopped and retried on a whole site, with a worker that may be killed."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.sites import Site

Export = dict[str, Any]


@pytest.fixture
def ben(site: Site) -> Iterator[httpx.Client]:
    with site.client(site.token("ben")) as client:
        yield client


def begin(client: httpx.Client, recipe: str) -> str:
    """Start a run that goes on by itself; its address."""
    body = {
        "model": f"moa/{recipe}",
        "messages": [{"role": "user", "content": f"Try single drafts {uuid4()}"}],
        "stream": True,
        "moa": {"detach": True},
    }
    with client.stream("POST", "/v1/chat/completions", json=body) as response:
        for line in response.iter_lines():
            if line.startswith("data: "):
                return f"/runs/{json.loads(line[6:])['moa']['run']}"
    raise AssertionError("no first chunk")


def until(
    client: httpx.Client,
    run: str,
    true: Callable[[Export], bool],
    *,
    seconds: float = 20,
) -> Export:
    """The run's export, once something holds of it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        told: Export = client.get(f"{run}.json").json()
        if true(told):
            return told
        time.sleep(0.05)
    raise AssertionError(json.dumps(told, indent=1)[:4000])


def draft(told: Export, key: str) -> Export:
    return next(each for each in told["drafts"] if each["key"] == key)


def calls(told: Export, key: str) -> list[tuple[str, str]]:
    return [(c["model"], c["status"]) for c in told["calls"] if c["draft"] == key]


def is_writing(key: str, model: str) -> Callable[[Export], bool]:
    def holds(told: Export) -> bool:
        found = draft(told, key)
        return (found["status"], found["model"]) == ("writing", model) and bool(
            found["text"]
        )

    return holds


def has_ended(told: Export) -> bool:
    return told["ended_at"] is not None


def ask(client: httpx.Client, address: str, **fields: Any) -> Export:
    answer = client.post(address, json=fields)
    assert answer.status_code in (201, 202), answer.text
    told: Export = answer.json()
    return told


def test_drafts_are_stopped_and_retried_while_the_run_goes_on(
    ben: httpx.Client,
) -> None:
    run = begin(ben, "lengthy")
    until(ben, run, is_writing("1.A.1", "slow"))
    until(ben, run, is_writing("1.B.1", "slow"))
    asked = time.monotonic()
    ask(ben, f"{run}/drafts/1.A.1/stop/")
    told = until(ben, run, lambda told: draft(told, "1.A.1")["status"] == "stopped")
    assert time.monotonic() - asked < 2
    assert draft(told, "1.A.1")["text"] != ""
    assert calls(told, "1.A.1") == [("slow", "cancelled")]
    ask(ben, f"{run}/drafts/1.B.1/retry/", model="brief")
    told = until(ben, run, has_ended)
    assert (told["status"], told["degraded"]) == ("done", True)
    assert calls(told, "1.B.1") == [("slow", "cancelled"), ("brief", "done")]
    assert draft(told, "2.Z.1")["references"] == ["1.B.1"]
    assert told["cost_nanos"] == sum(call["cost_nanos"] for call in told["calls"])


def test_retry_goes_on_when_its_worker_is_killed(site: Site, ben: httpx.Client) -> None:
    run = begin(ben, "lengthy")
    until(ben, run, is_writing("1.A.1", "slow"))
    ask(ben, f"{run}/drafts/1.A.1/retry/", model="careful")
    until(ben, run, is_writing("1.A.1", "careful"))
    for pid in site.worker_pids():
        os.kill(pid, signal.SIGKILL)
    # Asked while nobody carries the run: whoever comes takes it up.
    ask(ben, f"{run}/drafts/1.B.1/retry/", model="brief")
    told = until(ben, run, has_ended, seconds=60)
    assert (told["status"], told["degraded"]) == ("done", False)
    assert calls(told, "1.A.1") == [
        *(("slow", "cancelled"), ("careful", "lost"), ("careful", "done")),
    ]
    assert calls(told, "1.B.1")[-1] == ("brief", "done")
    assert [draft(told, key)["model"] for key in ("1.A.1", "1.B.1")] == [
        *("careful", "brief"),
    ]


def test_run_goes_on_from_another_and_pays_for_what_is_new(ben: httpx.Client) -> None:
    run = begin(ben, "quick")
    first = until(ben, run, has_ended)
    child = ask(ben, f"{run}/without/", key=["1.A.1"])
    second = until(ben, f"/runs/{child['run']}", has_ended)
    assert (second["status"], second["parent"]) == ("done", first["id"])
    assert [call["draft"] for call in second["calls"]] == ["2.Z.1"]
    assert second["cost_nanos"] == second["calls"][0]["cost_nanos"]
    assert draft(second, "1.B.1")["text"] == draft(first, "1.B.1")["text"]
    assert draft(second, "2.Z.1")["references"] == ["1.B.1"]
    single = ask(ben, f"{run}/alone/")
    third = until(ben, f"/runs/{single['run']}", has_ended)
    assert (len(third["revision"]["layers"]), len(third["calls"])) == (1, 1)
    turn = ask(ben, f"{run}/follow-up/", prompt="And then?")
    fourth = until(ben, f"/runs/{turn['run']}", has_ended)
    assert [message["role"] for message in fourth["messages"]] == [
        *("user", "assistant", "user"),
    ]
    assert fourth["messages"][1]["content"] == first["answer"]["text"].strip()
