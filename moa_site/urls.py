"""The site's addresses: the playground's, and Django's admin."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import include, path
from django.views.generic import RedirectView

# One door: the site's sign-in counts tries, the admin's own would not.
_to_signin = RedirectView.as_view(pattern_name="signin", query_string=True)


def _signin(request: HttpRequest) -> HttpResponseBase:
    # The sign-in would send a person who has no business here straight back.
    if request.user.is_authenticated and not admin.site.has_permission(request):
        raise PermissionDenied
    return _to_signin(request)


urlpatterns = [
    path("admin/login/", _signin),
    path("admin/", admin.site.urls),
    path("", include("playground.urls")),
]

handler400 = "playground.web.handlers.bad_request"
handler403 = "playground.web.refusals.permission_denied"
handler404 = "playground.web.refusals.page_not_found"
handler500 = "playground.web.refusals.server_error"
