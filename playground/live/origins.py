"""Whether a browser's socket comes from a page of this site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host


def origin_is_good(scope: Mapping[str, Any]) -> bool:
    """True for this host, an allowed host, and what CSRF_TRUSTED_ORIGINS names.

    A browser always sends an Origin with a socket; none means that it is no page.
    """
    headers = dict(scope["headers"])
    origin = headers.get(b"origin", b"").decode("latin-1")
    parts = urlsplit(origin)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return False
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    host = headers.get(b"host", b"").decode("latin-1")
    return parts.netloc == host and validate_host(
        parts.hostname if ":" not in parts.hostname else f"[{parts.hostname}]",
        settings.ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"],
    )
