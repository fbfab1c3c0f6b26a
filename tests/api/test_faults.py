"""Faults of ours: in a shape that programs read, without a second run, without a database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.test import AsyncClient, Client

from playground.accounts.models import Team
from playground.accounts.services import issue_token
from playground.engine.plan import Card
from playground.runs import services
from playground.runs.models import Run
from playground.runs.states import RunStatus
from tests.runs.factories import a_run

ASK = {"model": "moa/two", "messages": [{"role": "user", "content": "Why?"}]}
FAULT = "canary: a fault of ours"


@pytest.fixture
def patient() -> Client:
    """A client that shows what a person would see of a fault."""
    return Client(raise_request_exception=False)


@pytest.fixture
def run(db: None) -> Run:
    return a_run()


@pytest.fixture
def headers(run: Run) -> dict[str, str]:
    _, secret = issue_token(run.user, Team.objects.get(slug="research"), "test")
    return {"Authorization": f"Bearer {secret}"}


def broken(*_: Any, **__: Any) -> Any:
    raise RuntimeError(FAULT)


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs start, and following one fails."""

    async def heard(*_: Any, **__: Any) -> AsyncIterator[None]:
        broken()
        yield

    monkeypatch.setattr(services, "publish", lambda run_id: None)
    monkeypatch.setattr(
        services, "cards_for", lambda aliases: {"fast": Card("fast", "stub", "m")}
    )
    monkeypatch.setattr("playground.api.views.chat.heard", heard)


def test_v1_fault_has_the_shape_of_openai(
    patient: Client, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.api.views.listing.models_of", broken)
    response = patient.get("/v1/models", headers=headers)
    assert response.status_code == 500
    assert response.json() == {
        "error": {
            "message": "Something broke on our side.",
            "type": "server_error",
            "param": None,
            "code": "server_error",
        }
    }
    assert "x-should-retry" not in response


def test_export_fault_is_json(
    patient: Client,
    run: Run,
    headers: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("playground.api.views.runs.export_run", broken)
    response = patient.get(f"/runs/{run.pk}.json", headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (
        500,
        "server_error",
    )
    assert FAULT not in response.content.decode()


@pytest.mark.usefixtures("deaf")
def test_fault_after_the_start_names_the_run_and_forbids_another(
    patient: Client, headers: dict[str, str]
) -> None:
    response = patient.post(
        "/v1/chat/completions",
        json.dumps(ASK),
        content_type="application/json",
        headers=headers,
    )
    started = Run.objects.latest("created_at")
    error = response.json()["error"]
    assert (response.status_code, response["x-should-retry"]) == (500, "false")
    assert (error["type"], error["run"]) == ("server_error", str(started.pk))
    assert FAULT not in error["message"]
    assert started.status == RunStatus.QUEUED


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("deaf")
async def test_fault_in_a_stream_is_its_last_event(headers: dict[str, str]) -> None:
    response = await AsyncClient().post(
        "/v1/chat/completions",
        json.dumps(ASK | {"stream": True}),
        content_type="application/json",
        headers=headers,
    )
    events = [chunk async for chunk in response.streaming_content]
    first, last = (json.loads(event.removeprefix(b"data: ")) for event in events)
    assert last["error"]["run"] == first["moa"]["run"]
    assert last["error"]["type"] == "server_error"


# From here on there is no database: these tests may not touch one.


def test_page_of_a_fault_needs_no_database(patient: Client) -> None:
    patient.cookies["sessionid"] = "a" * 32
    response = patient.get("/")
    page = response.content.decode()
    assert response.status_code == 500
    assert "Something broke on our side." in page
    assert "css/tokens.css" in page
    assert "Content-Security-Policy" in response


def test_fragment_of_a_fault_is_no_page(patient: Client) -> None:
    patient.cookies["sessionid"] = "a" * 32
    response = patient.get("/", headers={"HX-Request": "true"})
    assert response.status_code == 500
    assert "Something broke on our side." in response.content.decode()
    assert "<html" not in response.content.decode()


@pytest.mark.parametrize("path", ["/v1/models", "/v1/chat/completions", "/runs/x.json"])
def test_programs_hear_of_a_missing_database_in_json(
    patient: Client, path: str
) -> None:
    response = patient.get(path, headers={"Authorization": "Bearer moa_x"})
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "server_error"
