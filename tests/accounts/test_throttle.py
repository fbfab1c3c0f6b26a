"""How often one may try to sign in: by name, by address, and without Redis."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from playground.accounts.models import User
from playground.accounts.throttle import count_try, forget_tries
from playground.web.refusals import TooMany

pytestmark = pytest.mark.usefixtures("empty_cache")
HERE, THERE = "192.0.2.7", "192.0.2.8"


@pytest.fixture
def no_redis(empty_cache: None, settings: Settings, tmp_path: Path) -> None:
    """A cache in a Redis that does not answer."""
    gone = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"unix://{tmp_path}/nobody.sock",
    }
    settings.CACHES = {**settings.CACHES, "default": gone}


def use_up(address: str) -> None:
    for number in range(50):
        count_try(f"name{number}", address)


def test_address_is_refused_after_fifty_names() -> None:
    use_up(HERE)
    with pytest.raises(TooMany) as refused:
        count_try("another", HERE)
    assert refused.value.retry_after == 300
    count_try("another", THERE)


def test_right_password_does_not_count_against_the_address() -> None:
    use_up(HERE)
    forget_tries("name0", HERE)
    count_try("another", HERE)
    with pytest.raises(TooMany):
        count_try("another", HERE)


@pytest.mark.parametrize(
    "address", ["2001:db8:1:2:ffff::1", "2001:db8:1:2:a:b:c:d"], ids=["near", "far"]
)
def test_addresses_of_one_ipv6_network_count_together(address: str) -> None:
    use_up("2001:db8:1:2::1")
    with pytest.raises(TooMany):
        count_try("another", address)
    count_try("another", "2001:db8:1:3::1")


def test_ipv4_counts_the_same_through_an_ipv6_socket() -> None:
    use_up(HERE)
    with pytest.raises(TooMany):
        count_try("another", f"::ffff:{HERE}")


@pytest.mark.django_db
@pytest.mark.usefixtures("no_redis")
def test_sign_in_works_without_redis(client: Client) -> None:
    ada = User.objects.create_user("ada", password="ada sings at noon")
    entry = {"username": "ada", "password": "ada sings at noon"}
    assert client.post("/sign-in/", entry)["Location"] == "/"
    assert client.session["_auth_user_id"] == str(ada.pk)


@pytest.mark.django_db
@pytest.mark.usefixtures("no_redis")
def test_tries_are_counted_without_redis(client: Client) -> None:
    wrong = {"username": "ada", "password": "no"}
    statuses = [client.post("/sign-in/", wrong).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]


@pytest.mark.django_db
def test_forged_forwarding_header_makes_nobody_somebody_else(client: Client) -> None:
    use_up("127.0.0.1")
    response = client.post(
        "/sign-in/",
        {"username": "ada", "password": "no"},
        headers={"X-Forwarded-For": THERE, "Forwarded": f"for={THERE}"},
    )
    assert response.status_code == 429
