"""Finds settings in texts that are no documents: a command line, or assignments.

No code is run or parsed: only literals that stand alone after a name are read.
"""

from __future__ import annotations

import re
import shlex
from typing import Any

from playground.recipes.notation import plain_value

_COMMAND = re.compile(r"(?:^|\s)--reference[-_]models?(?:[\s=]|$)")
_ASSIGNED = re.compile(
    r"(?m)^[ \t]{0,80}(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*(?::[\w\[\], .|]{1,80}?)?[ \t]{0,80}="
    r"[ \t]*(?![=])"
)
_STRING = r"\"[^\"\n]*\"|'[^'\n]*'"
_LIST = re.compile(
    rf"\[(?:\s|#[^\n]*\n)*(?:(?:{_STRING})(?:\s|#[^\n]*\n)*(?:,(?:\s|#[^\n]*\n)*|(?=\])))*\]"
)
_LONG_STRING = re.compile(r'"""(.*?)"""', re.DOTALL)
_MOST_FILLED = 200
_LONGEST_FILLED = 4000
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")


def is_command(text: str) -> bool:
    """True for a command line with reference models."""
    return bool(_COMMAND.search(text))


def read_command(text: str) -> dict[str, Any]:
    """The flags of a command line, and its program under `script`.

    Shell variables that the text assigns are filled in. Raises ValueError for quotes
    that do not end.
    """
    assigned = {
        name: value
        for name, value in read_assignments(text).items()
        if isinstance(value, str) and len(value) <= _LONGEST_FILLED
    }
    filled = _VARIABLE.sub(
        lambda found: assigned.get(found[1] or found[2], found[0]),
        text.replace("\\\n", " "),
        count=_MOST_FILLED,
    )
    return _flags(shlex.split(filled, comments=True))


def _flags(words: list[str]) -> dict[str, Any]:
    flags: dict[str, Any] = {}
    waiting = ""
    for word in words:
        if word.startswith("--"):
            waiting, _, value = word[2:].partition("=")
            waiting = waiting.replace("-", "_")
            if value:
                _add(flags, waiting, value)
                waiting = ""
            else:
                flags.setdefault(waiting, True)
        elif waiting:
            _add(flags, waiting, word)
            waiting = ""
        elif word.endswith(".py"):
            flags["script"] = word.rpartition("/")[2]
    return flags


def _add(flags: dict[str, Any], name: str, value: str) -> None:
    before = flags.get(name, True)
    if before is True:
        flags[name] = _scalar(value)
    elif isinstance(before, list):
        before.append(value)
    else:
        flags[name] = [before, value]


def read_assignments(text: str) -> dict[str, Any]:
    """What is assigned to names as a literal: text, number, truth, list of texts."""
    found: dict[str, Any] = {}
    for match in _ASSIGNED.finditer(text):
        value = _literal(text, match.end())
        if value is not None:
            found.setdefault(match[1], value)
    return found


def _literal(text: str, start: int) -> Any:
    if listed := _LIST.match(text, start):
        without = re.sub(rf"({_STRING})|#[^\n]*", lambda m: m[1] or "", listed[0])
        return [quoted[1:-1] for quoted in re.findall(_STRING, without)]
    if long := _LONG_STRING.match(text, start):
        return long[1]
    end = text.find("\n", start)
    line = text[start : len(text) if end < 0 else end].strip()
    if quoted := re.match(rf"({_STRING})\s*,?\s*(?:#.*)?$", line):
        return quoted[1][1:-1]
    bare = line.split(" #", 1)[0].strip()
    if bare.endswith(","):
        # An argument of a call: a bare word there is another name, not a text.
        value = _scalar(bare[:-1].rstrip())
        return None if isinstance(value, str) else value
    # A call, a sum or a name of something else is no literal.
    return _scalar(bare) if re.fullmatch(r"[\w.,:/+-]+", bare) else None


def _scalar(text: str) -> Any:
    try:
        return {"True": True, "False": False}.get(text, plain_value(text))
    except ValueError:
        return text
