"""What the site says no with, and how that is shown: as page, fragment or JSON.

Refusal                 400, the root: a headline, and what to do about it
├── SigninNeeded        401, nobody is signed in
├── Forbidden           403, signed in, and may not
├── NotFound            404, not there, or not for this viewer
├── Conflict            409, not as things stand now
├── Gone                410, was there once
├── TooLarge            413
├── Unprocessable       422, understood, and cannot be done as asked
├── TooMany             429, wait `retry_after` seconds
└── Unavailable         503, a part of the site is missing; come back
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.template.loader import render_to_string

from playground.web.chain import Middleware


class Refusal(Exception):
    """A refusal that a person can act on.

    `headline` says what happened to what, `hint` what to do. `param` names the input
    that is at fault, `problems` lists every (path, message) of a document.
    """

    status: int = 400
    code: str = "refused"

    def __init__(
        self,
        headline: str,
        hint: str = "",
        *,
        status: int | None = None,
        code: str | None = None,
        param: str | None = None,
        retry_after: int | None = None,
        problems: Iterable[tuple[str, str]] = (),
    ) -> None:
        super().__init__(headline)
        self.headline = headline
        self.hint = hint
        self.param = param
        self.status = status or self.status
        self.code = code or self.code
        self.retry_after = retry_after
        self.problems = tuple(problems)


class SigninNeeded(Refusal):
    """Nobody is signed in, or the token is not valid."""

    status = 401
    code = "signin_needed"


class Forbidden(Refusal):
    """The viewer may see this and may not do that."""

    status = 403
    code = "forbidden"


class NotFound(Refusal):
    """There is no such thing, or not for this viewer: strangers cannot tell which."""

    status = 404
    code = "not_found"


class Conflict(Refusal):
    """It could be done, and not as things stand now: too early, or too late."""

    status = 409
    code = "conflict"


class Gone(Refusal):
    """It was there, and is used up."""

    status = 410
    code = "gone"


class TooLarge(Refusal):
    """More bytes than are taken."""

    status = 413
    code = "too_large"


class Unprocessable(Refusal):
    """Understood, and impossible as asked."""

    status = 422
    code = "unprocessable"


class TooMany(Refusal):
    """Too often; `retry_after` says how many seconds to wait."""

    status = 429
    code = "too_many"


class Unavailable(Refusal):
    """A part of the site is missing for the moment."""

    status = 503
    code = "unavailable"


def not_here() -> NotFound:
    """The refusal for an address that leads nowhere."""
    return NotFound(
        "There is nothing at this address.",
        "It may have been removed, or it belongs to a team that you are not in.",
    )


def show_refusal(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The refusal in the form that this request can read."""
    if _wants_json(request):
        response: HttpResponse = refusal_as_json(request, refusal)
    elif isinstance(refusal, SigninNeeded):
        response = _to_signin(request)
    else:
        response = _as_page(request, refusal)
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    return response


def _wants_json(request: HttpRequest) -> bool:
    if request.path.startswith("/v1/") or request.path.endswith(".json"):
        return True
    accepted = request.headers.get("Accept", "")
    if getattr(request, "api_token", None) and "text/html" not in accepted:
        return True  # a program that did not say what it reads
    preferred = request.get_preferred_type(["text/html", "application/json"])
    return preferred == "application/json"


def refusal_as_json(request: HttpRequest, refusal: Refusal) -> JsonResponse:
    """The refusal for a program; below /v1/ in the shape of OpenAI's errors."""
    error: dict[str, object] = {"message": refusal.headline, "code": refusal.code}
    if request.path.startswith("/v1/"):
        kind = "server_error" if refusal.status >= 500 else "invalid_request_error"
        error |= {"type": kind, "param": refusal.param}
    else:
        error["hint"] = refusal.hint
        if refusal.param:
            error["param"] = refusal.param
        if refusal.problems:
            error["problems"] = [
                {"path": path, "message": message} for path, message in refusal.problems
            ]
    response = JsonResponse({"error": error}, status=refusal.status)
    if refusal.status == SigninNeeded.status:
        response["WWW-Authenticate"] = "Bearer"
    return response


def _to_signin(request: HttpRequest) -> HttpResponse:
    # After a form was refused, its address may not answer to GET: go home instead.
    back = request.get_full_path() if request.method in {"GET", "HEAD"} else "/"
    address = f"{settings.LOGIN_URL}?{urlencode({'next': back})}"
    if "HX-Request" not in request.headers:
        return HttpResponseRedirect(address)
    # htmx would follow a 302 by itself and put the sign-in page into a fragment.
    return HttpResponse(status=401, headers={"HX-Redirect": address})


def _as_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    is_fragment = "HX-Request" in request.headers
    template = "refusal.html#refusal" if is_fragment else "refusal.html"
    return render(request, template, _told(refusal), status=refusal.status)


def _told(refusal: Refusal) -> dict[str, object]:
    return {
        "refusal": refusal,
        "headline": refusal.headline,
        "hint": refusal.hint,
        "status": refusal.status,
        "problems": refusal.problems,
    }


class RefusalMiddleware(Middleware):
    """Turns what a view raises into what a person or a program reads."""

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        """Show a Refusal, and Django's own 404 and 403 in the same manner."""
        match exception:
            case Refusal():
                return show_refusal(request, exception)
            case Http404():
                return show_refusal(request, not_here())
            case PermissionDenied():
                return show_refusal(request, Forbidden("You may not do this."))
        return None


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404, for addresses that no view claims."""
    del exception
    return show_refusal(request, not_here())


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    del exception
    return show_refusal(request, Forbidden("You may not do this."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: a fault of ours. No database is asked: it may be the fault."""
    fault = Refusal(
        "Something broke on our side.",
        "Try again. If it stays so, the site's log says what it is.",
        status=500,
        code="server_error",
    )
    if _wants_json(request):
        return refusal_as_json(request, fault)
    is_fragment = "HX-Request" in request.headers
    template = "refusal.html#refusal" if is_fragment else "fault.html"
    # Without the request, so that nothing on the page asks who is signed in.
    return HttpResponse(render_to_string(template, _told(fault)), status=500)
