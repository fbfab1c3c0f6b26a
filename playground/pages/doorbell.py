"""Tells a page, before anything is sent in vain, whether this site would take it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from playground.live.origins import origin_is_good
from playground.web.origins import origin_of, unknown_origin


@require_POST
def origin(request: HttpRequest) -> HttpResponse:
    """204, or the refusal that names the setting.

    Forms were checked on the way here (CSRF); a socket from the same page is asked now.
    """
    scope = getattr(request, "scope", None)
    if scope is not None and not origin_is_good(scope):
        raise unknown_origin(request, origin_of(request))
    return HttpResponse(status=204)
