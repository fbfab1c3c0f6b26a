"""One turn of a conversation, as it is laid before a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """A turn: who speaks and what is said, always as plain text."""

    role: Role
    content: str

    def to_json(self) -> dict[str, str]:
        """The turn in the shape that providers and exports use."""
        return {"role": self.role, "content": self.content}

    @classmethod
    def from_json(cls, stored: dict[str, str]) -> Message:
        """The inverse of `to_json`, for what this program stored itself."""
        return cls(cast("Role", stored["role"]), stored["content"])
