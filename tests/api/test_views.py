"""The views that need no worker."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from playground.accounts.access import Viewer
from playground.accounts.models import Team, User
from playground.accounts.services import issue_token
from playground.api.documents.requests import read_chat_request
from playground.api.services import start_chat
from playground.api.views import health
from playground.engine.plan import Card
from playground.recipes.models import Recipe
from playground.recipes.offers import open_recipe
from playground.recipes.presets.files import SLUGS
from playground.recipes.services import archive
from playground.runs import services
from playground.runs.models import Run
from tests.pages.stock import a_catalogue
from tests.runs.factories import a_member, a_run

pytestmark = pytest.mark.django_db
HTML = "text/html,application/xhtml+xml,*/*;q=0.8"


def bearer(user: User, team: str = "research") -> dict[str, str]:
    _, secret = issue_token(user, Team.objects.get(slug=team), "test")
    return {"Authorization": f"Bearer {secret}"}


def signed_in(user: User, *, enforce: bool = False) -> Client:
    client = Client(enforce_csrf_checks=enforce)
    client.force_login(user)
    return client


@pytest.fixture
def run() -> Run:
    return a_run()


@pytest.fixture
def cancelled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The runs that were asked to end, instead of asking."""
    asked: list[Any] = []
    monkeypatch.setattr(
        "playground.api.views.runs.cancel_run", lambda run: asked.append(run.pk)
    )
    return asked


@pytest.fixture
def no_knock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "publish", lambda run_id: None)


@pytest.mark.usefixtures("valkey")
@pytest.mark.parametrize("suffix", [".json", ".md"])
def test_exports_are_for_the_team(run: Run, suffix: str) -> None:
    address = f"/runs/{run.pk}{suffix}"
    stranger = a_member("sten", "elsewhere")
    assert signed_in(run.user).get(address).status_code == 200
    assert Client().get(address, headers=bearer(run.user)).status_code == 200
    assert (
        Client().get(address, headers=bearer(stranger, "elsewhere")).status_code == 404
    )
    assert Client().get(address).status_code == (401 if suffix == ".json" else 302)
    assert Client().post(address).status_code in {403, 405}


@pytest.mark.usefixtures("valkey")
def test_json_export_has_the_drafts_and_an_absolute_url(run: Run) -> None:
    exported = signed_in(run.user).get(f"/runs/{run.pk}.json").json()
    assert [draft["key"] for draft in exported["drafts"]] == ["1.A.1", "1.B.1", "2.Z.1"]
    assert exported["url"].endswith(f"/runs/{run.pk}/")
    assert exported["url"].startswith("http://")


@pytest.mark.usefixtures("valkey")
def test_markdown_export_is_markdown(run: Run) -> None:
    answer = signed_in(run.user).get(f"/runs/{run.pk}.md")
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer.content.decode().startswith("# Two and one\n")


def test_stop_answers_programs_and_forms(run: Run, cancelled: list[Any]) -> None:
    address = f"/runs/{run.pk}/stop/"
    program = Client(enforce_csrf_checks=True).post(address, headers=bearer(run.user))
    assert (program.status_code, program.json()["run"]) == (202, str(run.pk))
    client = signed_in(run.user)
    assert client.post(address, headers={"HX-Request": "true"}).status_code == 202
    form = client.post(address, headers={"Accept": HTML})
    assert (form.status_code, form["Location"]) == (303, f"/runs/{run.pk}/")
    assert cancelled == [run.pk] * 3


def test_stop_is_refused(run: Run, cancelled: list[Any]) -> None:
    address = f"/runs/{run.pk}/stop/"
    colleague, stranger = a_member("cleo"), a_member("sten", "elsewhere")
    accepts_json = {"Accept": "application/json"}
    assert signed_in(colleague).post(address, headers=accepts_json).status_code == 403
    assert signed_in(stranger).post(address, headers=accepts_json).status_code == 404
    assert Client().post(address, headers=accepts_json).status_code == 401
    assert Client().post(address, headers={"Accept": HTML}).status_code == 302
    assert signed_in(run.user).get(address).status_code == 405
    forged = signed_in(run.user, enforce=True).post(address, headers=accepts_json)
    assert forged.status_code == 403
    assert cancelled == []


def test_models_are_the_tokens_teams(run: Run) -> None:
    listed = Client().get("/v1/models", headers=bearer(run.user)).json()
    assert [model["id"] for model in listed["data"]] == ["moa/two"]
    elsewhere = bearer(a_member("sten", "elsewhere"), "elsewhere")
    assert Client().get("/v1/models", headers=elsewhere).json()["data"] == []


def test_models_hold_every_preset_of_every_team(run: Run) -> None:
    a_catalogue("fast")
    elsewhere = bearer(a_member("sten", "elsewhere"), "elsewhere")
    for headers, own, team in (
        (bearer(run.user), ["two"], "research"),
        (elsewhere, [], "elsewhere"),
    ):
        listed = Client().get("/v1/models", headers=headers).json()["data"]
        assert [each["id"] for each in listed] == [
            f"moa/{slug}" for slug in (*own, *SLUGS)
        ]
        assert {each["owned_by"] for each in listed} == {team}
        assert all(each["created"] > 0 for each in listed)
    assert Recipe.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("moa/self-moa", 200),
        ("moa/research/self-moa", 200),
        ("moa/elsewhere/self-moa", 404),
        ("moa/two", 200),
        ("moa/research/two", 200),
        ("moa/elsewhere/two", 404),
        ("two", 404),
        ("moa/none", 404),
    ],
)
def test_one_model_is_found_by_its_names(run: Run, name: str, status: int) -> None:
    a_catalogue("fast")
    a_member("sten", "elsewhere")
    answer = Client().get(f"/v1/models/{name}", headers=bearer(run.user))
    assert answer.status_code == status
    assert Recipe.objects.count() == 1
    shown = answer.json()
    assert shown.get("id", "") == (name if status == 200 else "")
    if status == 404:
        assert shown["error"]["code"] == "model_not_found"


def test_v1_wants_a_token_and_the_right_method(run: Run) -> None:
    for client in (Client(), signed_in(run.user)):
        refused = client.get("/v1/models")
        assert (refused.status_code, refused.json()["error"]["type"]) == (
            401,
            "authentication_error",
        )
    bad = Client().get("/v1/models", headers={"Authorization": "Bearer moa_nothing"})
    assert (bad.status_code, bad.json()["error"]["code"]) == (401, "invalid_api_key")
    wrong = Client().get("/v1/chat/completions", headers=bearer(run.user))
    assert (wrong.status_code, wrong["Allow"]) == (405, "POST")


def ask(user: User, team: str = "research", **body: Any) -> Any:
    given = {"model": "moa/two", "messages": [{"role": "user", "content": "Why?"}]}
    return Client().post(
        "/v1/chat/completions",
        json.dumps(given | body),
        content_type="application/json",
        headers=bearer(user, team),
    )


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({"model": "moa/other/two"}, 404, "model_not_found", "model"),
        ({"n": 2}, 400, "invalid_parameter", "n"),
        (
            {"messages": [{"role": "user", "content": "x" * 262_145}]},
            413,
            "too_large",
            "messages",
        ),
        (
            {"messages": [{"role": "user", "content": "x" * 1_100_000}]},
            413,
            "too_large",
            "messages",
        ),
        (
            {"messages": [{"role": "user", "content": " "}]},
            400,
            "unprocessable",
            "messages",
        ),
        (
            {"moa": {"variables": {"tone": 1}}},
            400,
            "unprocessable",
            "moa.variables.tone",
        ),
    ],
)
@pytest.mark.usefixtures("no_knock", "in_catalogue")
def test_chat_refuses_in_openais_shape(
    run: Run, body: dict[str, Any], status: int, code: str, param: str
) -> None:
    answer = ask(run.user, **body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (status, code, param)
    assert "run" not in error
    assert Run.objects.count() == 1


@pytest.mark.usefixtures("no_knock")
@pytest.mark.parametrize("place", ["", "research/"])
def test_chat_runs_a_preset_and_makes_its_recipe_once(run: Run, place: str) -> None:
    a_catalogue("fast")
    body = {
        "model": f"moa/{place}self-moa",
        "messages": [{"role": "user", "content": "Why?"}],
    }
    asked = read_chat_request(json.dumps(body).encode())
    started = [start_chat(Viewer(run.user), run.team, asked) for _ in range(2)]
    assert [str(each.revision) for each in started] == ["self-moa@1"] * 2
    assert {each.revision.recipe.team for each in started} == {run.team}
    assert Recipe.objects.count() == 2


@pytest.mark.usefixtures("no_knock")
def test_chat_says_that_a_preset_has_no_model(run: Run) -> None:
    answer = ask(run.user, model="moa/self-moa")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "no_models")
    assert "the catalogue is empty. Ask an admin" in error["message"]


def test_chat_finds_no_preset_that_was_put_away_or_of_another_team(run: Run) -> None:
    a_catalogue("fast")
    archive(open_recipe(Viewer(run.user), "research", "single"))
    a_member("sten", "elsewhere")
    for name in ("moa/single", "moa/elsewhere/self-moa", "moa/nowhere/self-moa"):
        answer = ask(run.user, model=name)
        code = answer.json()["error"]["code"]
        assert (answer.status_code, code) == (404, "model_not_found")
    assert Run.objects.count() == 1


@pytest.fixture
def in_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model that the recipe names, without a provider behind it."""
    monkeypatch.setattr(
        services, "cards_for", lambda aliases: {"fast": Card("fast", "stub", "m")}
    )


def test_a_viewer_of_the_team_may_not_run(run: Run) -> None:
    answer = ask(a_member("vera", role="viewer"))
    assert (answer.status_code, answer.json()["error"]["type"]) == (
        403,
        "permission_error",
    )


def test_healthz_answers_anybody() -> None:
    assert Client().get("/healthz").json() == {"ok": True}


@pytest.mark.parametrize(
    ("workers", "status", "redis"), [(2, 200, True), (0, 503, True), (None, 503, False)]
)
def test_readyz_names_the_missing_part(
    monkeypatch: pytest.MonkeyPatch, workers: int | None, status: int, redis: bool
) -> None:
    monkeypatch.setattr(health, "_count_workers", lambda: workers)
    answer = Client().get("/readyz")
    assert answer.status_code == status
    assert answer.json() == {
        "ok": status == 200,
        "parts": {
            "database": {"ok": True},
            "redis": {"ok": redis},
            "workers": {"ok": bool(workers), "count": workers or 0},
        },
    }


def test_metrics_are_for_this_machine_and_site_admins(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.api.figures.live_workers", lambda: 3)
    here = Client().get("/metrics")
    assert here.status_code == 200
    lines = here.content.decode().splitlines()
    assert 'moa_runs{status="queued"} 1' in lines
    assert "moa_workers 3" in lines
    forwarded = {"X-Forwarded-For": "192.0.2.7"}
    assert Client().get("/metrics", headers=forwarded).status_code == 401
    away = Client(REMOTE_ADDR="192.0.2.7")
    assert away.get("/metrics").status_code == 401
    assert away.get("/metrics", headers=bearer(run.user)).status_code == 404
    run.user.is_staff = True
    run.user.save()
    assert away.get("/metrics", headers=bearer(run.user)).status_code == 200
