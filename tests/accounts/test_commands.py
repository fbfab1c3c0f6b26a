"""`apitoken` and `signin`, and what every command says without a database."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from pytest_django import Settings

from playground.accounts.models import Membership, Role
from playground.accounts.services import find_token
from tests.people import Cast


def command(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def usage_error(*words: str) -> str:
    with pytest.raises(CommandError) as caught:
        command(*words)
    assert caught.value.returncode == 2
    return str(caught.value)


def test_apitoken_prints_the_token_alone(cast: Cast) -> None:
    output = command("apitoken", "ben", "--name", "ci")
    token = find_token(output.removesuffix("\n"))
    assert (token.user, token.team, token.name) == (cast.ben, cast.team, "ci")


def test_apitoken_asks_for_the_team_when_there_are_two(cast: Cast) -> None:
    Membership.objects.create(user=cast.ben, team=cast.elsewhere, role=Role.VIEWER)
    message = usage_error("apitoken", "ben")
    assert "--team" in message
    assert "elsewhere, research" in message
    output = command("apitoken", "ben", "--team", "elsewhere")
    assert find_token(output.strip()).team == cast.elsewhere


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("nobody",), "no user nobody"),
        (("ben", "--team", "nowhere"), "no team nowhere"),
        (("ben", "--team", "elsewhere"), "not a member"),
    ],
)
@pytest.mark.usefixtures("cast")
def test_apitoken_refuses_in_words(words: tuple[str, ...], part: str) -> None:
    assert part in usage_error("apitoken", *words)


def test_signin_prints_a_link_of_this_site(
    cast: Cast, settings: Settings, client: Client
) -> None:
    settings.SITE_URL = "https://moa.example"
    output = command("signin", "ben").strip()
    assert output.startswith("https://moa.example/sign-in/")
    client.post(output.removeprefix("https://moa.example"))
    assert client.session["_auth_user_id"] == str(cast.ben.pk)


def test_signin_is_for_the_first_site_admin_by_default(
    cast: Cast, settings: Settings, client: Client
) -> None:
    settings.SITE_URL = ""
    output = command("signin").strip()
    assert output.startswith("http://127.0.0.1:8000/sign-in/")
    client.post(output.removeprefix("http://127.0.0.1:8000"))
    assert client.session["_auth_user_id"] == str(cast.root.pk)


@pytest.mark.usefixtures("cast")
def test_signin_refuses_an_unknown_name() -> None:
    assert "no active user nobody" in usage_error("signin", "nobody")


@pytest.mark.parametrize(
    "words", [("apitoken", "ben"), ("signin",), ("provision", "x.yaml")]
)
def test_missing_database_is_said(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "vendor", "sqlite")
    name = str(tmp_path / "moa.sqlite3")
    monkeypatch.setitem(connection.settings_dict, "NAME", name)
    message = usage_error(*words)
    assert message == f"No database in {tmp_path}: is MOA_DATA set?"
    assert not Path(name).exists()
