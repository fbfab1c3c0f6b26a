"""Programs: a Bearer token makes the user, and the session is never asked."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from playground.accounts.models import ApiToken, User
from playground.accounts.services import find_token
from playground.web.chain import Answer, Middleware
from playground.web.csrf import bearer_secret
from playground.web.refusals import Forbidden, Refusal, refusal_as_json


class BearerMiddleware(Middleware):
    """Sets `request.api_token`, and `request.user` with it; a bad token is a 401."""

    def __call__(self, request: HttpRequest) -> Answer:
        """Answer one request, looking the token up first when there is one."""
        secret = bearer_secret(request)
        if secret is None:
            cast("Any", request).api_token = None
            return self.get_response(request)
        if self.is_async:
            return self._admit_async(request, secret)
        refused = admit(request, secret)
        return refused or self.get_response(request)

    async def _admit_async(self, request: HttpRequest, secret: str) -> HttpResponseBase:
        refused = await sync_to_async(admit)(request, secret)
        if refused is not None:
            return refused
        return await cast("Awaitable[HttpResponseBase]", self.get_response(request))


def admit(request: HttpRequest, secret: str) -> HttpResponse | None:
    """Make the token's user the request's; else the refusal to answer with."""
    try:
        # A token is for one team; the admin site would give it all of them.
        if request.path.startswith(reverse("admin:index")):
            raise Forbidden("Tokens do not open the admin site.")
        token = find_token(secret)
    except Refusal as refusal:
        return refusal_as_json(request, refusal)
    _become(cast("Any", request), token)
    return None


def _become(request: Any, token: ApiToken) -> None:
    async def auser() -> User:
        return token.user

    request.user = token.user
    request.auser = auser
    request.api_token = token
