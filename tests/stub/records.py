"""What the stub remembers of each request, and the marker that its answers carry."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

MARKER = re.compile(r"id-[0-9a-f]{8}")


def marker_of(body: Mapping[str, Any]) -> str:
    """The word that an answer to this request begins with.

    Equal requests have equal markers; a reference laid before a later call
    carries the marker of the call that wrote it.
    """
    asked = [body.get("model"), body.get("messages"), body.get("seed")]
    return f"id-{hashlib.sha256(orjson.dumps(asked)).hexdigest()[:8]}"


def text_of(messages: Any) -> str:
    """All the text of a request's messages; content is a string or parts of text."""
    said: list[str] = []
    for message in messages or []:
        content = message.get("content") or ""
        parts = content if isinstance(content, list) else [{"text": content}]
        said.extend(str(part.get("text", "")) for part in parts)
    return "\n".join(said)


@dataclass(slots=True)
class Seen:
    """One request. Times are `time.monotonic()`, which all processes here share."""

    n: int
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    port: int
    at: float = field(default_factory=time.monotonic)
    ended_at: float | None = None
    disconnected_at: float | None = None

    @property
    def model(self) -> str:
        return str(self.body.get("model", ""))

    @property
    def messages(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.body.get("messages") or []
        return messages

    @property
    def text(self) -> str:
        return text_of(self.messages)

    @property
    def marker(self) -> str:
        return marker_of(self.body)

    @property
    def references(self) -> list[str]:
        """The markers that this request's prompt carries, in order, each once."""
        return list(dict.fromkeys(MARKER.findall(self.text)))

    @property
    def disconnected(self) -> bool:
        """Whether the client went away before the answer had ended."""
        return self.disconnected_at is not None

    def to_json(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "method": self.method,
            "path": self.path,
            "headers": self.headers,
            "body": self.body,
            "at": self.at,
            "ended_at": self.ended_at,
            "disconnected_at": self.disconnected_at,
            "marker": self.marker,
            "references": self.references,
        }
