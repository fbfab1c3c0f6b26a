"""What to say when a proxy or a port forward changes the address that people see.

Forms and sockets are taken only from pages of this site. When the browser's address is
not the one that the site was asked by, both are refused, and the setting is named. Not
so when the browser says that another site sent the form: that is what the check is for.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.http import HttpRequest

from playground.web.refusals import Forbidden, Refusal

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]{1,255}")
_HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]{1,255}")
_CHECKED = ("Origin checking failed", "Referer checking failed")


def refuse_origin(request: HttpRequest, reason: str) -> Refusal | None:
    """The refusal of a form whose origin is at fault; None when something else is."""
    if not reason.startswith(_CHECKED):
        return None
    origin = origin_of(request)
    if not origin or request.headers.get("Sec-Fetch-Site", "") in {
        "cross-site",
        "same-site",
    }:
        return Forbidden(
            "This form came from another site.",
            "Nothing was done. Open the page here, and send its form from there.",
            code="csrf",
        )
    return unknown_origin(request, origin)


def origin_of(request: HttpRequest) -> str:
    """The origin that the browser names, where it looks like one."""
    told = request.headers.get("Origin", "")
    if not told and (referer := request.headers.get("Referer")):
        parts = urlsplit(referer)
        told = f"{parts.scheme}://{parts.netloc}"
    return told if _ORIGIN.fullmatch(told) else ""


def unknown_origin(request: HttpRequest, origin: str) -> Refusal:
    """The refusal that names the setting, and the value that it takes."""
    return Forbidden(
        "This site does not know the address by which you reach it.",
        f"Your browser says {origin}, the site was asked as "
        f"{request.scheme}://{request.get_host()}: a proxy or a port forward in between "
        f"changes one of them. If {origin} is what your address bar shows, whoever runs "
        "the site sets one of these in its environment and starts it again. Until then "
        "no form is taken and no run is shown live.",
        code="origin",
        problems=[("SITE_URL", origin), ("CSRF_TRUSTED_ORIGINS", origin)],
    )


def unknown_host(request: HttpRequest) -> Refusal | None:
    """The refusal of a request whose Host is not among ALLOWED_HOSTS."""
    host = request.META.get("HTTP_HOST", "")
    if not _HOST.fullmatch(host):
        return None
    name = urlsplit(f"//{host}").hostname or host
    return Refusal(
        f"This site does not answer to the name {host}.",
        "If that is what your address bar shows, whoever runs the site sets one of "
        "these in its environment and starts it again.",
        code="host",
        problems=[
            ("SITE_URL", f"{request.scheme}://{host}"),
            ("ALLOWED_HOSTS", f"localhost,127.0.0.1,{name}"),
        ],
    )
