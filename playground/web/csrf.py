"""CSRF protection that knows programs: a Bearer token is not sent by a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware


def bearer_secret(request: HttpRequest) -> str | None:
    """What follows `Authorization: Bearer`, maybe empty; None for other requests."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


class BearerAwareCsrfMiddleware(CsrfViewMiddleware):
    """Django's own, but silent for requests that carry a Bearer token.

    Safe only because accounts.middleware answers such a request as the token's user
    or not at all: the session cookie is never looked at.
    """

    def process_view(
        self,
        request: HttpRequest,
        callback: Callable[..., HttpResponseBase],
        callback_args: tuple[Any, ...],
        callback_kwargs: dict[str, Any],
    ) -> Any:
        """Check the token of a form, unless the request is a program's."""
        if bearer_secret(request) is not None:
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        """As Django's, without its two thread hops: cookies need no database."""
        self.process_request(request)
        onward = cast("Any", self.get_response(request))
        response: HttpResponseBase = await onward
        return self.process_response(request, response)
