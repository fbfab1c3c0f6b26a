"""Undoes compression that was declined and came all the same."""

from __future__ import annotations

import zlib
from typing import Final

# One read may not unpack to more than this; the reader's own cap counts the sum.
MOST_AT_ONCE: Final = 4 * 1024 * 1024
_WINDOW: Final = {
    "gzip": 16 + zlib.MAX_WBITS,
    "x-gzip": 16 + zlib.MAX_WBITS,
    "deflate": zlib.MAX_WBITS,
}


class Undecodable(Exception):
    """The bytes are packed in a way that we do not read, or are broken."""


class Decoder:
    """Unpacks a body read by read; passes plain bodies through."""

    def __init__(self, encoding: str) -> None:
        name = encoding.strip().lower()
        self._unpack = None
        if name not in ("", "identity"):
            if name not in _WINDOW:
                raise Undecodable(name)
            self._unpack = zlib.decompressobj(_WINDOW[name])

    def feed(self, data: bytes) -> bytes:
        """The plain bytes of this read."""
        if self._unpack is None:
            return data
        try:
            plain = self._unpack.decompress(data, MOST_AT_ONCE)
        except zlib.error:
            raise Undecodable("broken") from None
        if self._unpack.unconsumed_tail:
            raise Undecodable("too large")
        return plain
