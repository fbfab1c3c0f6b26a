"""The headers that keep a page to itself, whatever a model wrote into it."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from playground.web.chain import Middleware

_FIXED = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "manifest-src 'self'",
)
_CLOSED_FEATURES = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)


def content_policy(request: HttpRequest) -> str:
    """The Content-Security-Policy: this host only, no inline script or style."""
    scheme = "wss" if request.is_secure() else "ws"
    # 'self' covers ws: in today's browsers; older Safari wants it spelled out.
    socket = f"{scheme}://{request.META.get('HTTP_HOST', '')}"
    connect = (
        f"connect-src 'self' {socket}" if _is_plain(socket) else "connect-src 'self'"
    )
    return "; ".join((*_FIXED, connect))


def _is_plain(source: str) -> bool:
    # The header comes before the host is checked against ALLOWED_HOSTS.
    return source.isascii() and not any(mark in source for mark in " ;,\"'*\t\r\n")


class SecurityHeadersMiddleware(Middleware):
    """Sets what a view did not set itself."""

    def after(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Add the policy and its companions."""
        for name, value in (
            ("Content-Security-Policy", content_policy(request)),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
            ("Permissions-Policy", _CLOSED_FEATURES),
            ("Cross-Origin-Opener-Policy", "same-origin"),
        ):
            response.headers.setdefault(name, value)
        return response
