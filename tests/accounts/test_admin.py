"""Django's admin: for site admins, by the site's own door, without secrets."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from playground import models
from playground.accounts.services import issue_signin_link, issue_token
from playground.catalog.models import Credential, Provider
from playground.catalog.services import save_credential
from tests.people import Cast

SECRET = "sk-canary-0123456789abcdef"
READ_ONLY = [
    name for name in models.__all__ if name not in {"User", "Team", "Membership"}
]


def test_every_model_is_registered() -> None:
    registered = {model.__name__ for model in admin.site._registry}
    assert set(models.__all__) - {"Membership"} <= registered


@pytest.mark.parametrize("name", ["ada", "ben", "sten"])
def test_admin_is_closed_to_others(cast: Cast, client: Client, name: str) -> None:
    client.force_login(getattr(cast, name))
    response = client.get("/admin/")
    assert (response.status_code, response["Location"]) == (
        302,
        "/admin/login/?next=/admin/",
    )


@pytest.mark.django_db
def test_admin_has_no_sign_in_of_its_own(client: Client) -> None:
    response = client.get("/admin/login/?next=/admin/")
    assert response["Location"] == "/sign-in/?next=/admin/"
    assert client.post("/admin/login/", {"username": "x"}).status_code == 302


@pytest.mark.parametrize("name", READ_ONLY)
def test_rows_of_services_can_only_be_read(
    cast: Cast, client: Client, name: str
) -> None:
    client.force_login(cast.root)
    path = reverse(f"admin:playground_{name.lower()}_changelist")
    listed = client.get(path)
    assert listed.status_code == 200
    assert ' class="help">' in listed.content.decode()
    assert client.get(f"{path}add/").status_code == 403


@pytest.mark.django_db
def test_provisioned_rows_say_how_they_are_changed(cast: Cast, client: Client) -> None:
    provider = Provider.objects.create(slug="p", name="P", base_url="https://p.example")
    client.force_login(cast.root)
    for path in (
        reverse("admin:playground_provider_changelist"),
        reverse("admin:playground_provider_change", args=[provider.pk]),
    ):
        page = client.get(path).content.decode()
        assert "change the file and run `manage.py provision FILE`" in page


@pytest.mark.usefixtures("encryption_key")
def test_admin_shows_no_secret_and_no_hash(cast: Cast, client: Client) -> None:
    provider = Provider.objects.create(slug="p", name="P", base_url="https://p.example")
    save_credential(provider, SECRET)
    token, secret = issue_token(cast.ben, cast.team, "laptop")
    issue_signin_link(cast.ben)
    link = cast.ben.signin_links.get()
    client.force_login(cast.root)
    sealed = Credential.objects.get()
    pages = [
        client.get(reverse(f"admin:playground_{kind}_change", args=[row.pk]))
        for kind, row in (
            ("credential", sealed),
            ("apitoken", token),
            ("signinlink", link),
            ("provider", provider),
        )
    ]
    text = "".join(page.content.decode() for page in pages)
    assert [page.status_code for page in pages] == [200] * 4
    for hidden in (SECRET, sealed.sealed, secret, token.digest, link.digest):
        assert hidden not in text
    assert SECRET[-4:] in text


@pytest.mark.parametrize("verb", ["post", "put", "delete"])
def test_admin_changes_no_provider(cast: Cast, client: Client, verb: str) -> None:
    provider = Provider.objects.create(slug="p", name="P", base_url="https://p.example")
    client.force_login(cast.root)
    path = reverse("admin:playground_provider_change", args=[provider.pk])
    getattr(client, verb)(path, {"base_url": "https://evil.example"})
    provider.refresh_from_db()
    assert provider.base_url == "https://p.example"
