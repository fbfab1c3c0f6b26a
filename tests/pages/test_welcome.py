"""The first steps: ticked off by the site's own state; members see whom to ask."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from django.test import Client
from pytest_django import Settings

from playground.accounts.models import Team, User
from playground.accounts.services import issue_token
from playground.catalog.models import ModelCard, Provider
from playground.pages.welcome import command
from playground.provisioning.firststart import LOCAL_ALIAS
from playground.runs.queries import WORKERS_KEY
from tests.runs.factories import CARD, a_member, a_run

pytestmark = pytest.mark.django_db


def a_model(alias: str) -> None:
    provider, _ = Provider.objects.get_or_create(
        slug="some", base_url="http://127.0.0.1:9/v1"
    )
    ModelCard.objects.create(alias=alias, provider=provider, model="m")


@pytest.fixture
def root(client: Client) -> User:
    """A site admin who is alone in the team, signed in; the small model is there."""
    user = a_member("root", role="owner")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client.force_login(user)
    a_model(LOCAL_ALIAS)
    return user


def done(client: Client) -> list[str]:
    """The steps that are ticked off."""
    steps = client.get("/").context["welcome"].steps
    return [step.key for step in steps if step.done]


def test_a_bare_site_shows_its_admin_what_to_do(client: Client, root: User) -> None:
    page = client.get("/").content.decode()
    assert "0 of 5 done" in page
    assert "moa-provision/1" in page
    assert f"{command()} provision provider.yaml --check" in page
    assert done(client) == []


def test_each_step_is_ticked_off_by_what_is_there(
    client: Client, root: User, valkey: redis.Redis
) -> None:
    seconds, _ = valkey.time()
    valkey.zadd(WORKERS_KEY, {"a worker": seconds})
    assert done(client) == ["runs"]
    a_model("fast")
    assert done(client) == ["runs", "provider"]
    a_member("ada")
    assert done(client) == ["runs", "provider", "member"]
    a_run(user=root, status="done", cards={LOCAL_ALIAS: CARD})
    assert done(client) == ["runs", "provider", "member"]
    a_run(user=root, status="done", cards={"fast": CARD})
    assert done(client) == ["runs", "provider", "try", "member"]
    issue_token(root, Team.objects.get(slug="research"), "mine")
    welcome = client.get("/").context["welcome"]
    assert welcome.steps == ()


def test_steps_can_be_put_away_once_there_is_a_provider(
    client: Client, root: User
) -> None:
    client.get("/?steps=hide")
    assert b"First steps" in client.get("/").content
    a_model("fast")
    assert b"First steps" not in client.get("/").content


def test_members_are_told_whom_to_ask(client: Client, root: User) -> None:
    User.objects.filter(pk=root.pk).update(first_name="Rut", last_name="Roth")
    client.force_login(a_member())
    page = client.get("/").content.decode()
    assert "First steps" not in page
    assert "Ask Rut Roth to add a provider" in page
    ModelCard.objects.all().delete()
    assert "Ask Rut Roth to add one" in client.get("/").content.decode()
    a_model("fast")
    assert "Rut Roth" not in client.get("/").content.decode()


def test_commands_name_this_installation(settings: Settings) -> None:
    settings.MOA_DATA = Path("/srv/moa data")
    assert command().startswith("MOA_DATA='/srv/moa data' ")
    assert command().endswith("/manage.py")
    settings.MOA_DATA = Path(__file__).resolve().parents[2] / "var"
    assert "MOA_DATA" not in command()
