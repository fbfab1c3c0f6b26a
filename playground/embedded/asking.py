"""Asks a part over HTTP whether it is there. Not for anything that matters more."""

from __future__ import annotations

import http.client

_PATIENCE_SECONDS = 2.0


def get_status(host: str, port: int, path: str, *, named: str | None = None) -> int:
    """The status of a GET, 0 when nobody answers; `named` is the Host that it sends."""
    connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE_SECONDS)
    headers = {"Host": named} if named else {}
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
