"""Bearer tokens: made once, stored as a hash, and never mixed with a session."""

from __future__ import annotations

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import AsyncClient, Client
from django.test.utils import override_settings
from django.urls import include, path
from django.utils import timezone

from playground.accounts.access import viewer_of
from playground.accounts.models import ApiToken, Membership
from playground.accounts.services import digest_of, find_token, issue_token
from playground.web.refusals import Forbidden, SigninNeeded
from tests.people import Cast


def whoami(request: HttpRequest) -> HttpResponse:
    """Who asks, and for which team."""
    viewer = viewer_of(request)
    team = viewer.token.team.slug if viewer.token else None
    return JsonResponse({"user": viewer.user.username, "team": team})


urlpatterns = [path("whoami/", whoami), path("", include("moa_site.urls"))]
here = override_settings(ROOT_URLCONF="tests.accounts.test_tokens")


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def test_only_a_hash_of_the_token_is_stored(cast: Cast) -> None:
    token, secret = issue_token(cast.ben, cast.team, "laptop")
    assert secret.startswith("moa_")
    assert len(secret) >= 36
    stored = ApiToken.objects.values().get(pk=token.pk)
    assert stored["digest"] == digest_of(secret)
    assert stored["last4"] == secret[-4:]
    assert secret not in str(stored)


def test_token_needs_a_place_in_the_team(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        issue_token(cast.sten, cast.team, "laptop")
    assert not ApiToken.objects.exists()


def test_found_token_notes_its_use_once_a_minute(cast: Cast) -> None:
    token, secret = issue_token(cast.ben, cast.team, "laptop")
    assert find_token(secret) == token
    token.refresh_from_db()
    first = token.last_used_at
    find_token(secret)
    token.refresh_from_db()
    assert first is not None
    assert token.last_used_at == first


@pytest.mark.parametrize("fault", ["unknown", "expired", "revoked", "left", "inactive"])
def test_token_that_is_not_valid_is_refused_alike(cast: Cast, fault: str) -> None:
    token, secret = issue_token(cast.ben, cast.team, "laptop")
    now = timezone.now()
    match fault:
        case "unknown":
            secret += "x"
        case "expired":
            token.expires_at = now - timedelta(seconds=1)
        case "revoked":
            token.revoked_at = now
        case "left":
            Membership.objects.filter(user=cast.ben).delete()
        case "inactive":
            cast.ben.is_active = False
            cast.ben.save()
    token.save()
    with pytest.raises(SigninNeeded, match=r"^This token is not valid\.$"):
        find_token(secret)


@here
def test_token_makes_the_user_and_needs_no_csrf(cast: Cast) -> None:
    _, secret = issue_token(cast.ben, cast.team, "laptop")
    response = Client(enforce_csrf_checks=True).post("/whoami/", headers=bearer(secret))
    assert response.json() == {"user": "ben", "team": "research"}


@here
@pytest.mark.django_db(transaction=True)
async def test_token_makes_the_user_over_asgi(
    cast: Cast, async_client: AsyncClient
) -> None:
    _, secret = await sync_to_async(issue_token)(cast.ben, cast.team, "laptop")
    response = await async_client.post("/whoami/", headers=bearer(secret))
    assert response.json() == {"user": "ben", "team": "research"}
    refused = await async_client.post("/whoami/", headers=bearer("moa_x"))
    assert refused.status_code == 401


@here
@pytest.mark.parametrize(
    "header", ["Bearer moa_wrong", "bearer", "BEARER  ", "Bearer x"]
)
def test_bad_token_never_falls_back_to_the_session(
    cast: Cast, client: Client, header: str
) -> None:
    client.force_login(cast.ada)
    response = client.post("/whoami/", headers={"authorization": header})
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "invalid_api_key"


@here
def test_token_wins_over_the_session(cast: Cast, client: Client) -> None:
    client.force_login(cast.ada)
    _, secret = issue_token(cast.ben, cast.team, "laptop")
    response = client.get("/whoami/", headers=bearer(secret))
    assert response.json()["user"] == "ben"


@here
def test_session_needs_csrf_where_a_token_does_not(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.ada)
    assert client.post("/whoami/").status_code == 403
    basic = {"authorization": "Basic YTpi"}
    assert client.post("/whoami/", headers=basic).status_code == 403


def test_token_of_a_site_admin_does_not_open_the_admin(
    cast: Cast, client: Client
) -> None:
    _, secret = issue_token(cast.root, cast.team, "laptop")
    response = client.get("/admin/", headers=bearer(secret))
    assert (response.status_code, response.json()["error"]["code"]) == (
        403,
        "forbidden",
    )
