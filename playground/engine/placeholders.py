"""`{{name}}` in a recipe's texts: found and filled in one pass, nothing cleverer."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")


def names_in(text: str) -> tuple[str, ...]:
    """The names that the text asks for, in order, each once."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its names replaced; what is put in is never looked at again."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)
