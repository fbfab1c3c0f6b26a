"""What the bar on top says of runs that a person left behind."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from playground.accounts.models import User
from playground.accounts.services import issue_token
from playground.runs.models import Run
from tests.runs.factories import a_member, a_run

pytestmark = pytest.mark.django_db


def told(client: Client, query: str = "") -> str:
    """What the bar is told."""
    return client.get(f"/notices/{query}").content.decode()


def test_a_done_run_is_told_until_its_page_was_seen(client: Client, ada: User) -> None:
    run = a_run(status="done", user=ada)
    assert "1 run is done" in told(client)
    assert f'href="/runs/{run.pk}/"' in told(client)
    client.get(f"/runs/{run.pk}/")
    assert told(client).strip() == ""
    seen_at = Run.objects.get().seen_at
    client.get(f"/runs/{run.pk}/")
    assert Run.objects.get().seen_at == seen_at


def test_an_open_run_is_not_seen_before_it_has_ended(client: Client, ada: User) -> None:
    run = a_run(status="running", user=ada)
    client.post(f"/runs/{run.pk}/seen/")
    assert "1 run going on" in told(client)
    Run.objects.update(status="failed")
    assert "1 run failed" in told(client)
    assert client.post(f"/runs/{run.pk}/seen/").status_code == 204
    assert told(client).strip() == ""


def test_only_who_started_it_has_seen_it(client: Client, ada: User) -> None:
    run = a_run(status="done", user=ada)
    client.force_login(a_member("ben", role="admin"))
    client.get(f"/runs/{run.pk}/")
    client.post(f"/runs/{run.pk}/seen/")
    assert Run.objects.get().seen_at is None
    assert told(client).strip() == ""


def test_a_program_sees_nothing_and_is_told_nothing(client: Client, ada: User) -> None:
    run = a_run(status="done", user=ada)
    client.logout()
    token = issue_token(ada, run.team, "test")[1]
    headers = {"Authorization": f"Bearer {token}"}
    client.get(f"/runs/{run.pk}/", headers=headers)
    assert Run.objects.get().seen_at is None
    assert client.get("/notices/", headers=headers).status_code == 204


def test_runs_of_programs_are_left_to_them(client: Client, ada: User) -> None:
    a_run(status="done", user=ada, origin="api")
    assert told(client).strip() == ""


def test_several_are_listed_with_their_prompts_as_text(
    client: Client, ada: User
) -> None:
    a_run(status="done", user=ada, prompt="<b>one</b>")
    a_run(status="failed", user=ada, prompt="two")
    page = told(client)
    assert "2 runs have ended" in page
    assert "&lt;b&gt;one&lt;/b&gt;" in page
    assert len(re.findall("data-notice=", page)) == 2


def test_it_is_asked_again_only_while_there_is_something(
    client: Client, ada: User
) -> None:
    assert "hx-trigger" not in told(client)
    run = a_run(user=ada)
    page = told(client)
    known = re.search(r"\?known=\w+", page)
    assert known
    assert 'hx-trigger="every 5s"' in page
    assert client.get(f"/notices/{known[0]}").status_code == 204
    Run.objects.filter(pk=run.pk).update(status="done")
    assert "1 run is done" in told(client, known[0])


def test_nobody_is_sent_to_sign_in_by_the_bar(client: Client) -> None:
    response = client.get("/notices/", headers={"HX-Request": "true"})
    assert (response.status_code, response.content) == (204, b"")
    assert "HX-Redirect" not in response


@pytest.mark.parametrize("count", [1, 3])
def test_one_query_for_however_many_runs(
    client: Client,
    ada: User,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(count):
        a_run(status="done", user=ada)
    # The session, the person, the runs.
    with django_assert_num_queries(3):
        told(client)


@pytest.mark.parametrize("path", ["/", "/runs/", "/recipes/"])
def test_every_page_has_the_place(client: Client, ada: User, path: str) -> None:
    response: Any = client.get(path)
    assert b'id="notices"' in response.content
