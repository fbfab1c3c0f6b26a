"""Whether the site lives, is whole, and what it has done."""

from __future__ import annotations

from ipaddress import ip_address

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from playground.accounts.models import User
from playground.api.figures import CONTENT_TYPE, figures
from playground.api.views.doors import token_of
from playground.runs.queries import live_workers
from playground.web.refusals import SigninNeeded, not_here, refusal_as_json

_FORWARDED = ("Forwarded", "Via", "X-Real-IP")


@require_safe
def healthz(_: HttpRequest) -> JsonResponse:
    """This process answers."""
    return JsonResponse({"ok": True})


@require_safe
def readyz(_: HttpRequest) -> JsonResponse:
    """Each part, and 503 when one is missing."""
    workers = _count_workers()
    parts: dict[str, dict[str, int]] = {
        "database": {"ok": _has_database()},
        "redis": {"ok": workers is not None},
        "workers": {"ok": bool(workers), "count": workers or 0},
    }
    is_ready = all(part["ok"] for part in parts.values())
    document = {"ok": is_ready, "parts": parts}
    headers = {"Cache-Control": "no-store"}
    return JsonResponse(document, status=200 if is_ready else 503, headers=headers)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures: for this machine, and for a site admin's token."""
    if not _is_from_here(request):
        token = token_of(request)
        if token is None:
            return refusal_as_json(request, SigninNeeded("Send a site admin's token."))
        if not token.user.is_staff:
            return refusal_as_json(request, not_here())
    try:
        return HttpResponse(figures(), content_type=CONTENT_TYPE)
    except DatabaseError:
        return HttpResponse("the database does not answer\n", status=503)


def _has_database() -> bool:
    try:
        # A table of ours: SQLite would open, and make, an empty file.
        User.objects.exists()
    except DatabaseError:
        return False
    return True


def _count_workers() -> int | None:
    try:
        return live_workers()
    except (RedisError, ImproperlyConfigured):
        return None


def _is_from_here(request: HttpRequest) -> bool:
    """True on loopback. A proxy on this machine forwards others, and says so."""
    names = request.headers
    if any(name in names for name in _FORWARDED) or any(
        name.lower().startswith("x-forwarded-") for name in names
    ):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
