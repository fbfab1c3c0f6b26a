"""What every response says about what may run in its page."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from playground.web.headers import SecurityHeadersMiddleware, content_policy


@pytest.mark.django_db
def test_every_page_carries_the_headers(client: Client) -> None:
    response = client.get("/sign-in/")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert "camera=()" in response["Permissions-Policy"]


def test_policy_allows_this_host_and_nothing_inline(rf: RequestFactory) -> None:
    policy = content_policy(rf.get("/", headers={"host": "moa.example:8000"}))
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
        "manifest-src": "'self'",
        "connect-src": "'self' ws://moa.example:8000",
    }


def test_policy_names_secure_sockets_behind_https(rf: RequestFactory) -> None:
    request = rf.get("/", secure=True, headers={"host": "moa.example"})
    assert "connect-src 'self' wss://moa.example" in content_policy(request)


@pytest.mark.parametrize("host", ["a; script-src *", "a b", "a,b", "ä.example", "a'b"])
def test_policy_takes_no_directive_from_the_host(rf: RequestFactory, host: str) -> None:
    request = rf.get("/")
    request.META["HTTP_HOST"] = host
    assert content_policy(request).endswith("; connect-src 'self'")


def test_header_of_a_view_is_kept(rf: RequestFactory) -> None:
    own = HttpResponse(headers={"Referrer-Policy": "no-referrer"})
    response = SecurityHeadersMiddleware(lambda _: own)(rf.get("/"))
    assert isinstance(response, HttpResponse)
    assert response["Referrer-Policy"] == "no-referrer"
