"""Regular expressions that people write into recipes, in time that no pattern can stretch.

RE2 matches in time linear in the text, so a hostile pattern cannot hold a worker up, and
without a clock, so a replayed journal finds the same. It has no lookaround and no
backreferences: such patterns are refused when the recipe is read.
"""

from __future__ import annotations

import functools
from typing import Any

import re2

GROUP = "answer"
LONGEST_PATTERN = 500
# What is read of a text: its end, where answers stand.
MOST_CHARS = 8_000
# Bounds the program that a pattern unfolds to, and with it the time for each character.
_MOST_BYTES = 1 << 20


def fault_of(pattern: str) -> str:
    """Why a pattern cannot find answers; empty when it can."""
    fault = syntax_fault(pattern)
    if not fault and GROUP not in _compiled(pattern).groupindex:
        return f"must have a named group: (?P<{GROUP}>…)"
    return fault


def syntax_fault(pattern: str) -> str:
    """Why a pattern cannot be used at all; empty when it can."""
    try:
        _compiled(pattern)
    except re2.error as error:
        told = error.args[0] if error.args else "it cannot be read"
        told = told.decode("utf-8", "replace") if isinstance(told, bytes) else told
        return f"is not an expression of RE2 syntax: {told}"
    return ""


def is_found(text: str, pattern: str) -> bool:
    """True when the pattern matches anywhere in the text, all of which is read."""
    return _compiled(pattern).search(text) is not None


def found_in(text: str, pattern: str) -> str | None:
    """What the group `answer` has in the first match; None when it has nothing."""
    match = _compiled(pattern).search(text[-MOST_CHARS:])
    found: str | None = match.group(GROUP) if match else None
    return found


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem = _MOST_BYTES
    options.log_errors = False
    return re2.compile(pattern, options)
