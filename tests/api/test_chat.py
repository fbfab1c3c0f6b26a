"""The official client against a whole site."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import openai
import pytest

from tests.sites import Site

ASK = {"role": "user", "content": "Why is the sky blue?"}


@pytest.fixture(scope="module")
def token(site: Site) -> str:
    return site.token("ben")


@pytest.fixture
def program(site: Site, token: str) -> Any:
    with openai.OpenAI(base_url=f"{site.url}/v1", api_key=token) as client:
        yield client


def exported(site: Site, token: str, run: str) -> dict[str, Any]:
    with site.client(token) as client:
        answer: dict[str, Any] = client.get(f"/runs/{run}.json").json()
        return answer


def collect(stream: Iterable[Any], *, into: list[Any]) -> None:
    """Keep what came, also when the stream breaks."""
    for chunk in stream:
        into.append(chunk)  # noqa: PERF402 - extend would keep nothing then


def wait_for(seen: Callable[[], bool], *, seconds: float) -> None:
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        if seen():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen")


def test_models_are_listed_and_found(program: openai.OpenAI) -> None:
    names = {model.id for model in program.models.list()}
    assert {"moa/quick", "moa/three"} <= names
    assert program.models.retrieve("moa/research/quick").owned_by == "research"


def test_answer_is_the_runs(program: openai.OpenAI, site: Site, token: str) -> None:
    answer = program.chat.completions.create(
        model="moa/quick", messages=[ASK], user="somebody"
    )
    moa = answer.moa
    run = exported(site, token, moa["run"])
    assert answer.id == f"chatcmpl-{moa['run']}"
    assert answer.choices[0].message.content == run["answer"]["text"] != ""
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.prompt_tokens == sum(
        call["usage"]["in"] for call in run["calls"]
    )
    assert answer.usage.completion_tokens == sum(
        call["usage"]["out"] for call in run["calls"]
    )
    assert moa == {
        "run": run["id"],
        "url": run["url"],
        "cost_usd": run["cost_nanos"] / 1e9,
        "degraded": False,
        "drafts": 3,
        "calls": 3,
        "ignored": ["user"],
    }


def test_stream_is_the_answer(program: openai.OpenAI, site: Site, token: str) -> None:
    chunks = list(
        program.chat.completions.create(
            model="moa/three",
            messages=[ASK],
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    run = exported(site, token, chunks[0].moa["run"])
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[0].moa == {"run": run["id"], "url": run["url"]}
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == run["answer"]["text"]
    assert sum(bool(c.choices and c.choices[0].delta.content) for c in chunks) > 1
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert (chunks[-1].choices, chunks[-1].usage) == ([], chunks[-2].usage)
    assert chunks[-2].moa["calls"] == 7


def test_overrides_reach_the_answering_slot_alone(
    program: openai.OpenAI, stub: Any
) -> None:
    program.chat.completions.create(
        model="moa/quick", messages=[ASK], max_tokens=17, temperature=0.25, stop=["END"]
    )
    bodies = [seen.body for seen in stub.requests if "max_tokens" in seen.body][-3:]
    assert sorted(body["max_tokens"] for body in bodies) == [17, 400, 400]
    mine = next(body for body in bodies if body["max_tokens"] == 17)
    assert (mine["temperature"], mine["stop"]) == (0.25, ["END"])


def test_no_answer_is_told_once(program: openai.OpenAI, site: Site, token: str) -> None:
    ask = {"role": "user", "content": "[[stub: refuse-nothing-known]] Why?"}
    with pytest.raises(openai.APIStatusError) as failed:
        program.chat.completions.create(model="moa/one", messages=[ask])
    assert failed.value.status_code == 502
    assert failed.value.response.headers["x-should-retry"] == "false"
    assert failed.value.code == "no_answer"
    assert exported(site, token, failed.value.body["run"])["status"] == "failed"


def test_an_answer_that_is_replaced_is_not_mixed(
    program: openai.OpenAI, site: Site, token: str
) -> None:
    ask = {"role": "user", "content": "[[stub: fault-cut-3-then-ok]] Why?"}
    stream = program.chat.completions.create(
        model="moa/one", messages=[ask], stream=True
    )
    chunks: list[Any] = []
    with pytest.raises(openai.APIError) as broken:
        collect(stream, into=chunks)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    run = chunks[0].moa["run"]
    kept = exported(site, token, run)
    assert [call["status"] for call in kept["calls"]] == ["failed", "done"]
    assert broken.value.code == "answer_replaced"
    assert broken.value.body["run"] == run
    assert kept["status"] == "done"
    assert text
    assert text != kept["answer"]["text"]


def test_a_failure_in_a_stream_is_one_error_event(site: Site, token: str) -> None:
    ask = {"role": "user", "content": "[[stub: refuse-nothing-known]] Why?"}
    body = {"model": "moa/one", "messages": [ask], "stream": True}
    with site.client(token) as client:
        events = client.post("/v1/chat/completions", json=body).text.split("\n\n")
    assert '"code":"no_answer"' in events[-2]
    assert sum('"error"' in event for event in events) == 1
    assert "data: [DONE]" not in events


@pytest.mark.parametrize("is_stream", [True, False])
def test_hanging_up_cancels_the_run(
    site: Site, token: str, stub: Any, *, is_stream: bool
) -> None:
    slow = {"role": "user", "content": "[[stub: m-30000-5-0]] Why?"}
    body = {"model": "moa/one", "messages": [slow], "stream": is_stream}
    asked_at = time.monotonic()
    run = newest(site, token, body)
    wait_for(lambda: exported(site, token, run)["status"] == "cancelled", seconds=12)
    assert time.monotonic() - asked_at > 3


def test_a_detached_run_goes_on(site: Site, token: str) -> None:
    slow = {"role": "user", "content": "[[stub: m-7000-5-0]] Why?"}
    body = {
        "model": "moa/one",
        "messages": [slow],
        "stream": True,
        "moa": {"detach": True},
    }
    run = newest(site, token, body)
    wait_for(lambda: exported(site, token, run)["status"] == "done", seconds=20)


def newest(site: Site, token: str, body: dict[str, Any]) -> str:
    """Send a request, hang up after a second, and name the run that it began."""
    url = f"{site.url}/v1/chat/completions"
    headers = {"Authorization": f"Bearer {token}"}
    run = ""
    try:
        with httpx.stream("POST", url, json=body, headers=headers, timeout=1) as answer:
            for line in answer.iter_lines():
                if '"run"' in line:
                    run = line.split('"run":"')[1][:36]
    except httpx.TimeoutException:
        pass
    return (
        run
        or site.manage(
            "shell",
            "--no-imports",
            "-c",
            "from playground.models import Run; print(Run.objects.first().pk)",
        ).stdout.strip()
    )
