"""Takes keys out of what providers say before anybody reads it.

By value (the endpoint's own key and its usual encodings) and by the shape that
well-known keys have. The result is one line.
"""

from __future__ import annotations

import base64
import re
from html import unescape
from typing import Final
from urllib.parse import quote, quote_plus

HIDDEN: Final = "[redacted]"
LONGEST_READ: Final = 8192
_SHAPES: Final = re.compile(
    r"""
      \b(?:sk|pk|rk|gsk|xai|hf|r8|nvapi|pplx|csk|fw|moa|ghp|glpat)[-_][\w*.\-]{6,}
    | \bAIza[\w\-]{10,}
    | \b(?:AKIA|ASIA)[A-Z0-9]{12,}
    | \beyJ[\w\-]{8,}\.[\w\-.]{8,}
    | \b(?:bearer|basic)\s+[\w.~+/=*\-]{4,}
    | (?<=://)[^\s/@]+(?=@)
    | (?<=[?&])[\w\-]*(?:key|token|secret|sig|signature|password)=[^\s&\#"'<>]+
    | \b(?:x-)?api[-_]?key["']?\s*[:=]\s*["']?[\w.\-]{6,}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)(?:</title|$)", re.IGNORECASE | re.DOTALL)
_UNSEEN: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ufeff]+")
# A shorter value is no secret, and would blank out common words.
_SHORTEST: Final = 4


def _spellings(key: str) -> list[str]:
    """A key as it may come back: plain, escaped for a URL, in base64."""
    raw = key.encode()
    found = {key, quote(key, safe=""), quote(key), quote_plus(key)}
    for secret in (raw, b":" + raw, b"api:" + raw):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(secret).decode().rstrip("="))
    return sorted(found, key=len, reverse=True)


class Redactor:
    """Cleans text of one endpoint's key and of anything shaped like a key."""

    def __init__(self, key: str | None) -> None:
        known = _spellings(key) if key and len(key) >= _SHORTEST else []
        pattern = "|".join(re.escape(spelling) for spelling in known)
        self._known = re.compile(pattern, re.IGNORECASE) if known else None

    def clean(self, text: str) -> str:
        """The text in one line and without keys; not shortened below `LONGEST_READ`."""
        if self._known:
            text = self._known.sub(HIDDEN, text)
        text = _SHAPES.sub(HIDDEN, text[:LONGEST_READ])
        return encodable(_UNSEEN.sub(" ", text).strip())


def encodable(text: str) -> str:
    """The text with split characters joined and lone halves shown as unknown."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def storable(text: str) -> str:
    """The text as every database can keep it: encodable, and without NUL."""
    return encodable(text).replace("\0", "\ufffd")


def title_of(page: str) -> str:
    """What a web page calls itself; empty when it has no title."""
    match = _TITLE.search(page)
    return unescape(match[1]).strip() if match else ""


def shorten(text: str, most: int) -> str:
    """The text, cut at the end and marked so when it is longer."""
    return text if len(text) <= most else text[: max(most - 1, 0)].rstrip() + "…"
