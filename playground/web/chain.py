"""A middleware that works in both worlds, without a thread hop where it needs none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Answer = HttpResponseBase | Awaitable[HttpResponseBase]
GetResponse = Callable[[HttpRequest], Answer]


class Middleware:
    """Calls `before` and `after` inline, so neither may touch the database."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        """Answer one request."""
        if self.is_async:
            return self._answer_async(request)
        early = self.before(request)
        response = early or cast("HttpResponseBase", self.get_response(request))
        return self.after(request, response)

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        response = self.before(request)
        if response is None:
            onward = cast("Awaitable[HttpResponseBase]", self.get_response(request))
            response = await onward
        return self.after(request, response)

    def before(self, request: HttpRequest) -> HttpResponseBase | None:
        """An answer that spares the view, or None."""
        del request
        return None

    def after(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """The response, maybe changed."""
        del request
        return response
