"""How a value of a document is written into a form field, and read back from it.

The rule that keeps a document as it was given: a field that comes back as it was shown
changes nothing, whatever it would be read as.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any, Literal

from playground.recipes.editing import ABSENT

Kind = Literal[
    "line",
    "area",
    "number",
    "choice",
    "select",
    "check",
    "flag",
    "lines",
    "words",
    "json",
]
# Kinds that are typed: a run of changes to one of them is one step to undo.
TYPED = frozenset({"line", "area", "number", "lines", "words", "json"})
_MOST_BRACKETS = 200
_WHOLE = re.compile(r"[-+]?\d{1,30}", re.ASCII)
_DECIMAL = re.compile(
    r"[-+]?(?:\d{1,30}\.?\d{0,30}|\.\d{1,30})(?:[eE][-+]?\d{1,3})?", re.ASCII
)


def written(kind: Kind, value: Any, default: Any = "") -> str:
    """What a field shows, as a browser would send it back untouched."""
    if value is ABSENT or value is None:
        value = default
    match kind:
        case "lines":
            text = _as_lines(value)
        case "words":
            text = _as_words(value)
        case "json":
            text = value if isinstance(value, str) else _json(value, indent=2)
        case _:
            text = _plain(value)
    return sent(text, one_line=kind not in {"area", "lines", "json"})


def sent(text: str, *, one_line: bool = False) -> str:
    """A text as it comes out of a form: LF only, and no line breaks in an input."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\n", "") if one_line else text


def read(kind: Kind, text: str, default: Any = "") -> Any:
    """The value that a field's text means; ABSENT when its default does."""
    if not text.strip() and kind != "area":
        return ABSENT
    if kind in {"choice", "select", "check"} and text == _plain(default):
        return ABSENT
    return _READERS.get(kind, _text)(text)


def number(text: str) -> Any:
    """A number, or the text as it is, for the plan to complain about."""
    bare = text.strip()
    if _WHOLE.fullmatch(bare):
        return int(bare)
    if _DECIMAL.fullmatch(bare) and math.isfinite(float(bare)):
        return float(bare)
    return bare


def typed(kind: object, text: str) -> Any:
    """A variable's default in the variable's type, where it fits."""
    if kind in {"number", "integer"}:
        return number(text)
    if kind == "boolean" and text.strip().lower() in {"true", "false"}:
        return text.strip().lower() == "true"
    return text


def _text(text: str) -> Any:
    return text or ABSENT


def _flag(text: str) -> Any:
    return {"true": True, "false": False}.get(text, text)


def _lines(text: str) -> Any:
    if text.lstrip().startswith("["):
        listed = _loaded(text)
        if isinstance(listed, list):
            return listed
    return [line for line in text.split("\n") if line.strip()]


def _words(text: str) -> Any:
    return [word.strip() for word in text.split(",") if word.strip()] or ABSENT


def _loaded(text: str) -> Any:
    # Deeper than a document may be: counted before anything recurses into it.
    if text.count("[") + text.count("{") > _MOST_BRACKETS:
        return text
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


_READERS: dict[str, Callable[[str], Any]] = {
    "number": number,
    "check": _flag,
    "flag": _flag,
    "lines": _lines,
    "words": _words,
    "json": _loaded,
}


def _as_lines(value: Any) -> str:
    texts = isinstance(value, list) and all(
        isinstance(each, str) and each.strip() and "\n" not in each for each in value
    )
    return "\n".join(value) if texts else _plain(value)


def _as_words(value: Any) -> str:
    texts = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return ", ".join(value) if texts else _plain(value)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)
