"""What a reader is told when a proxy or a port forward changes the address."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import AsyncRequestFactory, Client
from pytest_django import Settings

from playground.pages.doorbell import origin
from playground.web.refusals import Forbidden

FORWARDED = "https://abc-8000.example.org"


@pytest.fixture
def careful(db: None) -> Client:
    """A client whose forms are checked."""
    return Client(enforce_csrf_checks=True)


def sent(client: Client, **headers: str) -> Any:
    """A form that is sent with these headers."""
    client.get("/sign-in/")
    form = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    return client.post("/sign-in/", form, headers=headers)


def test_the_setting_and_its_value_are_named(careful: Client) -> None:
    response = sent(careful, origin=FORWARDED)
    page = response.content.decode()
    assert response.status_code == 403
    assert "does not know the address by which you reach it" in page
    for name in ("SITE_URL", "CSRF_TRUSTED_ORIGINS"):
        assert name in page
    assert page.count(FORWARDED) >= 3
    assert "http://testserver" in page


def test_the_value_that_is_named_is_the_one_that_helps(
    careful: Client, settings: Settings
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = [FORWARDED]
    assert sent(careful, origin=FORWARDED).status_code == 422


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_form_teaches_nobody_to_trust_it(
    careful: Client, site: str
) -> None:
    headers = {"origin": "https://evil.test", "sec-fetch-site": site}
    response = sent(careful, **headers)
    page = response.content.decode()
    assert response.status_code == 403
    assert "This form came from another site." in page
    assert "CSRF_TRUSTED_ORIGINS" not in page
    assert "evil.test" not in page


@pytest.mark.parametrize("origin", ["null", "https://x.test/<script>", "javascript:1"])
def test_what_is_no_origin_is_not_repeated(careful: Client, origin: str) -> None:
    page = sent(careful, origin=origin).content.decode()
    assert "This form came from another site." in page
    assert origin not in page


def test_an_old_form_is_still_told_so(careful: Client) -> None:
    response = careful.post("/sign-in/", {})
    assert b"This form is no longer valid." in response.content


def test_an_unknown_host_is_told_the_setting(client: Client) -> None:
    response = client.get("/healthz", headers={"host": "forwarded.example.org:9000"})
    page = response.content.decode()
    assert response.status_code == 400
    assert "does not answer to the name forwarded.example.org:9000" in page
    assert "localhost,127.0.0.1,forwarded.example.org<" in page


def test_a_hostile_host_is_not_repeated(client: Client) -> None:
    response = client.get("/healthz", headers={"host": "<script>alert(1)</script>"})
    assert response.status_code == 400
    assert b"cannot be read" in response.content


def test_a_socket_that_would_be_refused_is_told_before() -> None:
    factory = AsyncRequestFactory()
    good = factory.post("/origin/", headers={"origin": "http://testserver"})
    assert origin(good).status_code == 204
    bad = factory.post("/origin/", headers={"origin": FORWARDED})
    with pytest.raises(Forbidden) as refused:
        origin(bad)
    assert ("CSRF_TRUSTED_ORIGINS", FORWARDED) in refused.value.problems


@pytest.mark.django_db
def test_pages_of_people_name_the_address_that_the_site_was_asked_by(
    client: Client, django_user_model: Any
) -> None:
    client.force_login(django_user_model.objects.create(username="ada"))
    page = client.get("/runs/").content.decode()
    assert '<meta name="site-origin" content="http://testserver">' in page
