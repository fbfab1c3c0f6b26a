"""Who opens a socket: a Bearer token's user, else the session's."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest

from playground.accounts.access import Viewer
from playground.accounts.models import User
from playground.accounts.services import find_token
from playground.web.refusals import Refusal


def visitor(scope: Mapping[str, Any]) -> Viewer | None:
    """The viewer, or None. A token that does not hold never falls back to the cookie."""
    close_old_connections()
    headers = dict(scope["headers"])
    authorization = headers.get(b"authorization", b"").decode("latin-1")
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return _bearer(secret.strip())
    return _session(headers.get(b"cookie", b"").decode("latin-1"))


def _bearer(secret: str) -> Viewer | None:
    try:
        token = find_token(secret)
    except Refusal:
        return None
    return Viewer(token.user, token)


def _session(cookies: str) -> Viewer | None:
    try:
        morsel = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    if morsel is None:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(morsel.value)
    user = get_user(request)
    return Viewer(user) if isinstance(user, User) and user.is_active else None
