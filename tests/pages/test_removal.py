"""The pages that delete: a run after a look at what goes, and old runs by a term."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from playground.accounts.models import Team, User
from playground.runs.models import Run
from playground.runs.words import id_at
from tests.runs.factories import a_member, a_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(client: Client) -> User:
    """An owner of the team, signed in."""
    user = a_member("olga", role="owner")
    client.force_login(user)
    return user


def old_run() -> Run:
    began = id_at(timezone.now() - timedelta(days=90)).int
    return a_run(id=UUID(int=began | 0x7000_8000_0000_0000_0001), status="done")


def test_the_page_says_what_goes_and_deletes_nothing(
    client: Client, olga: User
) -> None:
    run = a_run(status="done", cost_nanos=2_000_000_000, prompt="<b>Why?</b>")
    a_run(parent=run, branch={"kind": "follow_up"})
    page = client.get(f"/runs/{run.pk}/delete/").content.decode()
    assert "&lt;b&gt;Why?&lt;/b&gt;" in page
    assert "it cost $2.00" in page
    assert "1 run that went on from it keeps what was given to it" in page
    assert Run.objects.count() == 2


def test_a_press_deletes_and_says_so(client: Client, olga: User) -> None:
    run = a_run(status="done")
    response = client.post(f"/runs/{run.pk}/delete/", follow=True)
    assert response.redirect_chain == [("/runs/", 302)]
    assert b"The run is deleted." in response.content
    assert not Run.objects.exists()
    gone = client.get(f"/runs/{run.pk}/")
    assert gone.status_code == 410
    assert b"olga deleted this run." in gone.content


def test_an_open_run_is_to_be_stopped_first(client: Client, olga: User) -> None:
    run = a_run()
    assert b"Stop it first" in client.get(f"/runs/{run.pk}/delete/").content
    assert client.post(f"/runs/{run.pk}/delete/").status_code == 422
    assert Run.objects.exists()


def test_a_term_that_deletes_says_how_many_before_it_is_saved(
    client: Client, olga: User
) -> None:
    old_run()
    a_run(status="done")
    asked = client.post("/teams/research/keeping/", {"days": "30"})
    assert b"This deletes 1 run now" in asked.content
    assert Team.objects.get(slug="research").keep_days is None
    sent = {"days": "30", "confirmed": "30"}
    response = client.post("/teams/research/keeping/", sent, follow=True)
    assert b"now deletes runs 30 days after their start" in response.content
    assert Team.objects.get(slug="research").keep_days == 30
    # A worker deletes; the page only sets the term.
    assert Run.objects.count() == 2


def test_another_number_asks_again(client: Client, olga: User) -> None:
    old_run()
    sent = {"days": "60", "confirmed": "30"}
    assert (
        b"This deletes 1 run" in client.post("/teams/research/keeping/", sent).content
    )
    assert Team.objects.get(slug="research").keep_days is None


def test_a_term_that_deletes_nothing_is_saved_at_once_and_taken_back(
    client: Client, olga: User
) -> None:
    client.post("/teams/research/keeping/", {"days": "3650"})
    assert Team.objects.get(slug="research").keep_days == 3650
    assert b"deletes a run 3,650 days after its start" in client.get("/runs/").content
    client.post("/teams/research/keeping/", {"days": ""})
    assert Team.objects.get(slug="research").keep_days is None


@pytest.mark.parametrize("days", ["0", "-1", "3651", "1.5", "ten", "٣", "1" * 50])
def test_days_that_are_none_are_refused_beside_the_field(
    client: Client, olga: User, days: str
) -> None:
    response = client.post("/teams/research/keeping/", {"days": days})
    assert response.status_code == 422
    assert b"whole number from 1 to 3,650" in response.content
    assert Team.objects.get(slug="research").keep_days is None


def test_members_see_no_term_to_change(client: Client) -> None:
    client.force_login(a_member())
    assert b"/keeping/" not in client.get("/runs/").content


@pytest.mark.usefixtures("valkey")
def test_the_link_is_on_the_page_of_an_ended_run_for_who_may(
    client: Client, olga: User
) -> None:
    run, going = a_run(status="done"), a_run()
    link = f'href="/runs/{run.pk}/delete/"'.encode()
    assert link in client.get(f"/runs/{run.pk}/").content
    assert b"/delete/" not in client.get(f"/runs/{going.pk}/").content
    client.force_login(a_member("ben"))
    assert link not in client.get(f"/runs/{run.pk}/").content
