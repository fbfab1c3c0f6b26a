"""Who comes in, and where: what the views of this room share."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from playground.accounts.access import Viewer, viewer_of
from playground.accounts.models import ApiToken, User
from playground.api.errors import error_body, error_response
from playground.web.refusals import Refusal, SigninNeeded

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

P = ParamSpec("P")
if TYPE_CHECKING:
    View = Callable[Concatenate[HttpRequest, P], Coroutine[Any, Any, HttpResponseBase]]


def base_url_of(request: HttpRequest) -> str:
    """The site's address as this request has it."""
    return f"{request.scheme}://{request.get_host()}"


def token_of(request: HttpRequest) -> ApiToken | None:
    """The Bearer token that the request came with."""
    return cast("ApiToken | None", getattr(request, "api_token", None))


def program_of(request: HttpRequest) -> tuple[Viewer, ApiToken]:
    """The viewer behind a Bearer token. Raises SigninNeeded: /v1 knows no sessions."""
    token = token_of(request)
    if token is None:
        raise SigninNeeded(
            "No API token was sent.",
            "Send `Authorization: Bearer moa_…`; `manage.py apitoken USER` makes one.",
            code="invalid_api_key",
        )
    return Viewer(cast("User", request.user), token), token


def for_people_and_programs(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A form of a signed-in person, which has its token, or a program's Bearer."""
    of_people: Callable[..., HttpResponse] = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def door(
        request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        # Who is not signed in hears that first: a missing form token would hide it.
        viewer_of(request)
        if token_of(request) is not None:
            return view(request, *args, **kwargs)
        return of_people(request, *args, **kwargs)

    return door


def is_plain_form(request: HttpRequest) -> bool:
    """Only a browser that sends a form without scripts asks for a page."""
    return (
        "text/html" in request.headers.get("Accept", "")
        and "HX-Request" not in request.headers
        and token_of(request) is None
    )


def to_run(run_id: UUID) -> HttpResponse:
    """To the run's page, after a form was sent."""
    return HttpResponse(status=303, headers={"Location": f"/runs/{run_id}/"})


def openai_view(method: str) -> Callable[[View[P]], View[P]]:
    """Make an async view take one method and refuse in OpenAI's shape."""

    def decorate(view: View[P]) -> View[P]:
        @csrf_exempt
        @wraps(view)
        async def guarded(
            request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            if request.method != method:
                return _wrong_method(method)
            try:
                return await view(request, *args, **kwargs)
            except Refusal as refusal:
                return error_response(refusal)

        return cast("View[P]", guarded)

    return decorate


def _wrong_method(method: str) -> HttpResponse:
    refusal = Refusal(
        f"This address takes {method} only.", status=405, code="method_not_allowed"
    )
    return JsonResponse(error_body(refusal), status=405, headers={"Allow": method})
