"""The addresses of single drafts: what people, pages and programs are answered."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.test import Client

from playground.accounts.models import Team, User
from playground.accounts.services import issue_token
from playground.catalog.models import ModelCard, Price, Provider
from playground.runs import services
from playground.runs.models import Draft, DraftRequest, Run
from tests.runs.driving import Driven, finished
from tests.runs.factories import a_run

pytestmark = pytest.mark.django_db
HTML = {"Accept": "text/html,application/xhtml+xml"}
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _catalogue(valkey: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "publish", lambda run_id: None)
    provider = Provider.objects.create(
        slug="stub", name="Stub", base_url="http://127.0.0.1:1/v1"
    )
    for alias in ("fast", "bold"):
        card = ModelCard.objects.create(alias=alias, provider=provider, model="m")
        Price.objects.create(card=card, input=0, output=0)


@pytest.fixture
def done() -> Run:
    return finished(a_run())


@pytest.fixture
def running() -> Run:
    run = a_run()
    Driven(run)
    run.refresh_from_db()
    return run


def page_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def program_of(user: User) -> dict[str, str]:
    secret = issue_token(user, Team.objects.get(slug="research"), "test")[1]
    return {"Authorization": f"Bearer {secret}"}


def child_of(run: Run) -> Run:
    return Run.objects.get(parent=run)


@pytest.mark.parametrize(
    ("part", "fields", "kind"),
    [
        ("drafts/1.A.1/retry/", {"model": "bold"}, "retried"),
        ("drafts/1.A.1/edit/", {"text": "other"}, "edited"),
        ("without/", {"key": ["1.A.1"]}, "left_out"),
        ("follow-up/", {"prompt": "And then?"}, "follow_up"),
    ],
)
@pytest.mark.parametrize("manner", ["form", "htmx", "form-program", "json-program"])
def test_new_run_is_answered_as_each_reads_it(
    done: Run, part: str, fields: dict[str, Any], kind: str, manner: str
) -> None:
    address = f"/runs/{done.pk}/{part}"
    if manner.endswith("program"):
        as_json = {"content_type": "application/json"} if "json" in manner else {}
        headers = program_of(done.user)
        answer = Client(enforce_csrf_checks=True).post(
            address, fields, headers=headers, **as_json
        )
        child = child_of(done)
        assert answer.status_code == 201
        assert answer.json() == {
            "run": str(child.pk),
            "url": f"http://testserver/runs/{child.pk}/",
            "status": "queued",
        }
        assert child.origin == "api"
    else:
        headers = HTML if manner == "form" else HTMX
        answer = page_of(done.user).post(address, fields, headers=headers)
        place = f"/runs/{child_of(done).pk}/"
        told = (answer.status_code, answer.headers)
        if manner == "form":
            assert (told[0], told[1]["Location"]) == (303, place)
        else:
            assert (told[0], told[1]["HX-Redirect"]) == (204, place)
        assert child_of(done).origin == "web"
    assert child_of(done).branch["kind"] == kind


@pytest.mark.parametrize(("part", "wish"), [("stop/", "stop"), ("retry/", "retry")])
def test_wish_is_answered_as_each_reads_it(running: Run, part: str, wish: str) -> None:
    address = f"/runs/{running.pk}/drafts/1.A.1/{part}"
    client = page_of(running.user)
    form = client.post(address, headers=HTML)
    assert (form.status_code, form["Location"]) == (303, f"/runs/{running.pk}/")
    fragment = client.post(address, headers=HTMX)
    assert (fragment.status_code, fragment.content) == (204, b"")
    assert "HX-Redirect" not in fragment
    program = Client().post(address, headers=program_of(running.user))
    assert (program.status_code, program.json()["run"]) == (202, str(running.pk))
    assert DraftRequest.objects.get(run=running).wish == wish
    assert not Run.objects.filter(parent=running).exists()


def test_double_click_makes_one_run(done: Run) -> None:
    client, fields = page_of(done.user), {"key": "1.A.1", "form_token": str(uuid4())}
    places = {
        client.post(f"/runs/{done.pk}/without/", fields, headers=HTML)["Location"]
        for _ in range(2)
    }
    assert places == {f"/runs/{child_of(done).pk}/"}


def test_edit_shows_the_text_as_it_is(done: Run) -> None:
    Draft.objects.filter(run=done, key="1.A.1").update(text="\n</textarea><b>from A")
    page = page_of(done.user).get(f"/runs/{done.pk}/drafts/1.A.1/edit/", headers=HTML)
    content = page.content.decode()
    assert "\n\n&lt;/textarea&gt;&lt;b&gt;from A</textarea>" in content
    assert "Run on from here" in content


def test_retry_offers_every_model_of_the_catalogue(done: Run) -> None:
    provider = Provider.objects.create(slug="far", name="Far", base_url="http://far/v1")
    card = ModelCard.objects.create(alias="newer", provider=provider, model="n")
    Price.objects.create(card=card, input=2, output=Decimal("7.5"))
    ModelCard.objects.create(alias="vague", provider=provider, model="v")
    client = page_of(done.user)
    page = client.get(f"/runs/{done.pk}/drafts/1.A.1/retry/", headers=HTML)
    content = page.content.decode()
    assert "newer · $2.00 read, $7.50 written · Far" in content
    assert "vague · no price · Far" in content
    assert "A new run writes this draft again" in content
    sent = {"model": "newer", "form_token": str(uuid4())}
    client.post(f"/runs/{done.pk}/drafts/1.A.1/retry/", sent, headers=HTML)
    assert "newer" in child_of(done).cards


def test_retry_in_hand_says_that_the_run_goes_on(running: Run) -> None:
    page = page_of(running.user).get(
        f"/runs/{running.pk}/drafts/1.A.1/retry/", headers=HTML
    )
    assert "The run is writing this layer" in page.content.decode()


def test_edit_keeps_what_was_written_when_it_is_refused(done: Run) -> None:
    address, long = f"/runs/{done.pk}/drafts/1.A.1/edit/", "x" * 262_145
    client = page_of(done.user)
    page = client.post(address, {"text": long}, headers=HTML)
    assert page.status_code == 413
    assert long in page.content.decode()
    assert 'role="alert"' in page.content.decode()
    program = client.post(
        address, {"text": long}, headers={"Accept": "application/json"}
    )
    assert program.json()["error"]["param"] == "text"
    assert not Run.objects.filter(parent=done).exists()


def test_edit_takes_line_ends_as_people_mean_them(done: Run) -> None:
    address = f"/runs/{done.pk}/drafts/1.A.1/edit/"
    page_of(done.user).post(address, {"text": "one\r\ntwo"}, headers=HTML)
    assert Draft.objects.get(run=child_of(done), key="1.A.1").text == "one\ntwo"


def test_body_that_is_no_object_is_refused(done: Run) -> None:
    for body in ("[]", "{", '"x"'):
        answer = Client().post(
            f"/runs/{done.pk}/without/",
            body,
            content_type="application/json",
            headers=program_of(done.user) | {"Accept": "application/json"},
        )
        assert answer.status_code == 400, body
        assert "JSON object" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("part", "fields", "status"),
    [
        ("drafts/%00/retry/", {}, 404),
        ("drafts/1.A.1/retry/", {"model": "a\0b"}, 422),
        ("drafts/1.A.1/retry/", {"model": {"a": 1}}, 422),
        ("drafts/1.A.1/edit/", {"text": []}, 422),
        ("without/", {"key": [{"a": 1}, 7]}, 404),
        ("without/", {"key": []}, 422),
        ("follow-up/", {"prompt": "a\0b"}, 422),
        ("follow-up/", {}, 422),
    ],
)
def test_nonsense_is_refused(
    done: Run, part: str, fields: dict[str, Any], status: int
) -> None:
    answer = Client().post(
        f"/runs/{done.pk}/{part}",
        fields,
        content_type="application/json",
        headers=program_of(done.user) | {"Accept": "application/json"},
    )
    assert (answer.status_code, bool(answer.json()["error"]["message"])) == (
        *(status, True),
    )
    assert not Run.objects.filter(parent=done).exists()


def test_form_of_another_site_is_refused(done: Run) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(done.user)
    answer = client.post(f"/runs/{done.pk}/without/", {"key": "1.A.1"}, headers=HTML)
    assert answer.status_code == 403
    assert not Run.objects.filter(parent=done).exists()
