"""Text that means nothing to Markdown."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def fenced(text: str) -> str:
    """The text between fences longer than any run of backticks in it."""
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def plain(text: object) -> str:
    """One line of text whose characters mean nothing to Markdown."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))
