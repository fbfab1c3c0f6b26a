"""Reads token counts under the names that providers give them.

The last value seen of each field wins; nothing is ever summed over chunks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from playground.engine.usage import Usage

_IN: Final = ("prompt_tokens", "input_tokens")
_OUT: Final = ("completion_tokens", "output_tokens")
_CACHED: Final = ("cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens")
# Tokens that one family of providers counts beside `input_tokens` and not in them.
_APART: Final = ("cache_read_input_tokens", "cache_creation_input_tokens")
_DETAILS: Final = {
    "cached": ("prompt_tokens_details", "input_tokens_details"),
    "reasoning": ("completion_tokens_details", "output_tokens_details"),
}
# More tokens than any window holds: a broken counter, which is worse than none.
_MOST: Final = 100_000_000


def _count(value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST:
        return value
    return None


def _first(fields: Mapping[str, object], names: tuple[str, ...]) -> int | None:
    for name in names:
        if (count := _count(fields.get(name))) is not None:
            return count
    return None


def _inside(
    fields: Mapping[str, object], places: tuple[str, ...], names: tuple[str, ...]
) -> int | None:
    for place in (*places, None):
        inner = fields if place is None else fields.get(place)
        if isinstance(inner, dict) and (count := _first(inner, names)) is not None:
            return count
    return None


def _apart(usage: Mapping[str, object]) -> int | None:
    """What is to be added to `input_tokens`; `prompt_tokens` hold all of it already."""
    if any(name in usage for name in ("prompt_tokens", *_DETAILS["cached"])):
        return 0
    counts = [_count(usage.get(name)) for name in _APART]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


class Counter:
    """Gathers usage over a stream's chunks."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def read(self, usage: object) -> None:
        """Take what one `usage` object says; anything else is ignored."""
        if not isinstance(usage, dict):
            return
        found = {
            "in": _first(usage, _IN),
            "apart": _apart(usage),
            "out": _first(usage, _OUT),
            "total": _count(usage.get("total_tokens")),
            "cached": _inside(usage, _DETAILS["cached"], _CACHED),
            "reasoning": _inside(usage, _DETAILS["reasoning"], ("reasoning_tokens",)),
        }
        self._seen |= {name: n for name, n in found.items() if n is not None}

    def usage(self) -> Usage | None:
        """The counts, or None when the provider left out or zeroed what matters."""
        seen = self._seen
        if not seen.get("in") and not seen.get("out"):
            return None
        if "in" not in seen or "out" not in seen:
            return None
        tokens_in = seen["in"] + seen.get("apart", 0)
        # Some leave thoughts out of what was written and count them in the total.
        unsaid = max(seen.get("total", 0) - tokens_in - seen["out"], 0)
        tokens_out = seen["out"] + unsaid
        return Usage(
            tokens_in=tokens_in,
            cached=min(seen.get("cached", 0), tokens_in),
            tokens_out=tokens_out,
            reasoning=min(seen.get("reasoning", unsaid), tokens_out),
        )
