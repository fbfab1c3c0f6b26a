"""Signing in by password and by one-time link, and out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from playground.accounts.models import SigninLink, User
from playground.accounts.services import (
    digest_of,
    issue_signin_link,
    peek_signin_link,
    use_signin_link,
)
from playground.web.refusals import Gone
from tests.people import Cast

pytestmark = pytest.mark.usefixtures("empty_cache")
PASSWORD = "ada sings at noon"


@pytest.fixture
def ada(cast: Cast) -> User:
    cast.ada.set_password(PASSWORD)
    cast.ada.save()
    return cast.ada


def signed_in(client: Client) -> str | None:
    """The id of who is signed in."""
    return client.session.get("_auth_user_id")


def test_password_is_stored_as_argon2(ada: User) -> None:
    assert ada.password.startswith("argon2$argon2id$")


def test_right_password_signs_in_and_goes_on(ada: User, client: Client) -> None:
    entry = {"username": "ada", "password": PASSWORD, "next": "/runs/?q=1"}
    response = client.post("/sign-in/", entry)
    assert (response.status_code, response["Location"]) == (302, "/runs/?q=1")
    assert signed_in(client) == str(ada.pk)


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "/\\evil"]
)
def test_sign_in_does_not_lead_off_the_site(
    ada: User, client: Client, onward: str
) -> None:
    entry = {"username": "ada", "password": PASSWORD, "next": onward}
    assert client.post("/sign-in/", entry)["Location"] == "/"


def test_wrong_name_and_wrong_password_read_alike(ada: User, client: Client) -> None:
    pages = [
        client.post("/sign-in/", {"username": name, "password": "no"}).context["form"]
        for name in ("ada", "nobody")
    ]
    assert pages[0].non_field_errors() == pages[1].non_field_errors()
    assert pages[0].non_field_errors() == [
        "This username and password do not belong together."
    ]
    assert signed_in(client) is None


def test_wrong_password_is_not_shown_again(ada: User, client: Client) -> None:
    response = client.post("/sign-in/", {"username": "ada", "password": "canary-9"})
    assert response.status_code == 422
    assert "canary-9" not in response.content.decode()


def test_eleventh_try_is_refused_even_with_the_right_password(
    ada: User, client: Client
) -> None:
    for _ in range(10):
        client.post("/sign-in/", {"username": "ada", "password": "no"})
    response = client.post("/sign-in/", {"username": "ADA", "password": PASSWORD})
    assert (response.status_code, response["Retry-After"]) == (429, "300")
    assert "Too many tries" in response.content.decode()
    assert signed_in(client) is None


def test_tries_count_by_name_and_address(ada: User, client: Client) -> None:
    for _ in range(11):
        client.post("/sign-in/", {"username": "ada", "password": "no"})
    entry = {"username": "ada", "password": PASSWORD}
    response = client.post("/sign-in/", entry, REMOTE_ADDR="192.0.2.7")
    assert response.status_code == 302


def test_right_password_forgets_the_tries(ada: User, client: Client) -> None:
    for password in ["no"] * 9 + [PASSWORD] + ["no"] * 9 + [PASSWORD]:
        response = client.post("/sign-in/", {"username": "ada", "password": password})
    assert response.status_code == 302


def test_sign_out_needs_a_post(ada: User, client: Client) -> None:
    client.force_login(ada)
    assert client.get("/sign-out/").status_code == 405
    assert signed_in(client) == str(ada.pk)
    assert client.post("/sign-out/").status_code == 302
    assert signed_in(client) is None


def test_link_is_shown_without_being_used(ada: User, client: Client) -> None:
    path = issue_signin_link(ada)
    for _ in range(2):
        response = client.get(path)
        assert response.status_code == 200
        assert "ada" in response.content.decode()
        assert "no-store" in response["Cache-Control"]
    assert signed_in(client) is None


def test_link_signs_in_once(ada: User, client: Client) -> None:
    path = issue_signin_link(ada)
    response = client.post(path)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert signed_in(client) == str(ada.pk)
    again = Client().post(path)
    assert again.status_code == 410
    assert "manage.py signin" in again.content.decode()


def test_link_is_stored_as_a_hash(ada: User) -> None:
    secret = issue_signin_link(ada).split("/")[2]
    assert len(secret) >= 32
    stored = SigninLink.objects.values().get()
    assert stored["digest"] == digest_of(secret)
    assert secret not in str(stored)


@pytest.mark.parametrize("fault", ["unknown", "expired", "used", "inactive"])
def test_link_that_is_not_good_is_refused_alike(ada: User, fault: str) -> None:
    secret = issue_signin_link(ada).split("/")[2]
    match fault:
        case "unknown":
            secret += "x"
        case "expired":
            SigninLink.objects.update(expires_at=timezone.now())
        case "used":
            use_signin_link(secret)
        case "inactive":
            User.objects.update(is_active=False)
    for ask in (peek_signin_link, use_signin_link):
        with pytest.raises(Gone, match="has been used or has expired"):
            ask(secret)


def test_issuing_clears_old_links(ada: User) -> None:
    issue_signin_link(ada)
    SigninLink.objects.update(expires_at=timezone.now() - timedelta(days=2))
    issue_signin_link(ada)
    assert SigninLink.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_sign_in_one(cast: Cast) -> None:
    secret = issue_signin_link(cast.ben).split("/")[2]

    def click(_: int) -> bool:
        try:
            use_signin_link(secret)
        except Gone:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(click, range(4))) == [False, False, False, True]
