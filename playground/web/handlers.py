"""Django's own refusals: a request that it cannot read, a form that it does not take."""

from __future__ import annotations

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

from playground.web.origins import refuse_origin, unknown_host
from playground.web.refusals import Forbidden, Refusal, show_refusal


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: malformed, too large to be read, or asked by a strange name."""
    refusal = None
    if isinstance(exception, DisallowedHost):
        refusal = unknown_host(request)
    return show_refusal(
        request,
        refusal
        or Refusal(
            "This request cannot be read.", "Go back, reload the page and try again."
        ),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW: usually a form that was open for too long."""
    refusal = refuse_origin(request, reason) or Forbidden(
        "This form is no longer valid.",
        "Go back, reload the page and send it again. Cookies must be allowed.",
        code="csrf",
    )
    return show_refusal(request, refusal)
