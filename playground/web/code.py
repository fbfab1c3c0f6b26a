"""Code in a fence, its words marked by what they are."""

from __future__ import annotations

from typing import Any

from django.utils.html import escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

# Some lexers are slow on long or hostile text; what is longer is shown plain.
_LONGEST = 20_000
_PREFIX = "t-"
_formatter: HtmlFormatter[Any] = HtmlFormatter(nowrap=True, classprefix=_PREFIX)

CODE_CLASSES = frozenset(_PREFIX + name for name in STANDARD_TYPES.values() if name)


def mark_code(source: str, language: str) -> str:
    """Escaped HTML with a span for each word; without spans for a strange language."""
    if not language or len(source) > _LONGEST:
        return escape(source)
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(source)
    marked: str = highlight(source, lexer, _formatter)
    return marked
