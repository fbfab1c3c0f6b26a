"""Tokens that one call used, as the provider counted them or as we estimate."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts of one call.

    `cached` is the part of `tokens_in` that the provider read from its prompt
    cache; `reasoning` is the part of `tokens_out` that was thought and not said.
    `estimated` is true when the provider did not say and we bounded it ourselves.
    """

    tokens_in: int = 0
    cached: int = 0
    tokens_out: int = 0
    reasoning: int = 0
    estimated: bool = False

    def to_json(self) -> dict[str, int | bool]:
        """The counts under the names of the run export (moa-run/1)."""
        return {
            "in": self.tokens_in,
            "cached": self.cached,
            "out": self.tokens_out,
            "reasoning": self.reasoning,
            "estimated": self.estimated,
        }

    @classmethod
    def from_json(cls, stored: dict[str, int | bool]) -> Usage:
        """The inverse of `to_json`."""
        return cls(
            tokens_in=int(stored["in"]),
            cached=int(stored["cached"]),
            tokens_out=int(stored["out"]),
            reasoning=int(stored["reasoning"]),
            estimated=bool(stored["estimated"]),
        )
