"""Pages, style sheets and scripts go out compressed; streams of events never do.

A page holds a CSRF token beside what others wrote, so its length is blurred (BREACH).
"""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator, Iterator
from typing import cast

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.text import compress_sequence, compress_string

from playground.web.chain import Middleware

_TYPES = {
    "text/html",
    "text/css",
    "text/javascript",
    "application/javascript",
    "image/svg+xml",
}
_ACCEPTS = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:\s*(?:,|$)))")
# Below this the frame of the format eats up what is saved.
_LEAST_BYTES = 860
_BLUR_BYTES = 100


class CompressionMiddleware(Middleware):
    """Compresses answers that are text, for who accepts gzip."""

    def after(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """The response, compressed where that helps."""
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if kind not in _TYPES or response.has_header("Content-Encoding"):
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        if response.status_code == 200 and _is_wanted(request):
            return _compressed(response)
        return response


def _is_wanted(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept-Encoding", "")
    return request.method == "GET" and _ACCEPTS.search(accepted) is not None


def _compressed(response: HttpResponseBase) -> HttpResponseBase:
    if isinstance(response, FileResponse):
        _compress_file(response)
    elif isinstance(response, HttpResponse) and len(response.content) > _LEAST_BYTES:
        content = compress_string(response.content, max_random_bytes=_BLUR_BYTES)
        response.content = content
        response.headers["Content-Length"] = str(len(content))
    else:
        return response
    response.headers["Content-Encoding"] = "gzip"
    etag = response.headers.get("ETag", "")
    if etag.startswith('"'):
        response.headers["ETag"] = f"W/{etag}"
    return response


def _compress_file(response: StreamingHttpResponse) -> None:
    content = response.streaming_content
    response.streaming_content = (
        _compressed_parts(cast("AsyncIterator[bytes]", content))
        if response.is_async
        else compress_sequence(cast("Iterator[bytes]", content))
    )
    del response.headers["Content-Length"]


async def _compressed_parts(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Our files are small enough to be compressed whole."""
    yield gzip.compress(b"".join([part async for part in parts]), compresslevel=6)
