"""Reads YAML 1.2 (core schema) and JSON into JSON's values, with the line of every path.

Built on the parser's events instead of its constructors: no recursion to overflow, no
dates, no tags, no merge keys, and aliases are counted as what they expand to.
"""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from playground.engine.reading import shown_key

DEEPEST = 40
MOST_VALUES = 50_000

_NULL = re.compile(r"(?:~|null|Null|NULL)?")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o([0-7]+)|0x([0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_ENDLESS = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LONGEST_NUMBER = 400
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


class NotationError(Exception):
    """The text is not a document: what is wrong, and in which line (from 1)."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def read_yaml(text: str) -> tuple[Any, dict[str, int]]:
    """The value that the text holds, and the line of each path in it.

    Raises NotationError at the first thing that is not one plain YAML document.
    """
    builder = _Builder()
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotationError(
            str(error.problem or error.context or "this is not YAML"),
            mark.line + 1 if mark else 1,
        ) from None
    except YAMLError as error:
        raise NotationError(" ".join(str(error).split())[:200], 1) from None
    return builder.root, builder.lines


def read_json(text: str) -> tuple[Any, dict[str, int]]:
    """As `read_yaml`. Raises ValueError for what is not JSON; NotationError as above.

    Not every JSON is YAML: tabs, long keys, and characters that YAML does not print.
    """
    json.loads(text, parse_constant=_no_constant)
    builder = _Builder()
    line, here = 1, 0
    for token in _JSON_TOKEN.finditer(text):
        line += text.count("\n", here, token.start())
        here = token.start()
        builder.take_json(token[0], line)
    return builder.root, builder.lines


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def plain_value(text: str) -> Any:
    """What an unquoted scalar means. Raises ValueError for what JSON cannot hold."""
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return text[0] in "tT"
    if _ENDLESS.fullmatch(text):
        raise ValueError("must be a finite number")
    if len(text) <= _LONGEST_NUMBER:
        return _number_or_text(text)
    if _FLOAT.fullmatch(text):
        raise ValueError("has too many digits for a number")
    return text


def _number_or_text(text: str) -> Any:
    if _DECIMAL.fullmatch(text):
        return int(text)
    if based := _BASED.fullmatch(text):
        return int(based[1], 8) if based[1] else int(based[2], 16)
    if not _FLOAT.fullmatch(text):
        return text
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("is too large for a number")
    return number


_NOTHING = object()


@dataclass(slots=True)
class _Frame:
    """A list or mapping that is being read; `key` waits for its value."""

    value: Any
    path: str
    anchor: str | None
    counted_from: int
    key: Any = _NOTHING


@dataclass(slots=True)
class _Builder:
    """Puts the events together."""

    root: Any = None
    lines: dict[str, int] = field(default_factory=dict)
    _stack: list[_Frame] = field(default_factory=list)
    _anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    _count: int = 0
    _documents: int = 0

    def take(self, event: Event) -> None:
        """Add one event."""
        line = event.start_mark.line + 1
        match event:
            case DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise NotationError("only one document is read from a file", line)
            case ScalarEvent():
                value = _scalar(event, line)
                self._keep_anchor(event.anchor, value, 1)
                self._place(value, line, 1)
            case AliasEvent():
                value, size = self._recall(event.anchor, line)
                self._place(value, line, size)
            case MappingStartEvent() | SequenceStartEvent():
                _refuse_tag(event.tag, line)
                value = {} if isinstance(event, MappingStartEvent) else []
                self._open(value, line, event.anchor)
            case MappingEndEvent() | SequenceEndEvent():
                self._close()

    def take_json(self, part: str, line: int) -> None:
        """Add one token of a text that is JSON."""
        match part:
            case "{":
                self._open({}, line, None)
            case "[":
                self._open([], line, None)
            case "}" | "]":
                self._close()
            case "," | ":":
                pass
            case _:
                self._place(json.loads(part), line, 1)

    def _open(self, value: Any, line: int, anchor: str | None) -> None:
        if len(self._stack) >= DEEPEST:
            raise NotationError(f"is nested deeper than {DEEPEST} levels", line)
        counted_from = self._count
        path = self._place(value, line, 1)
        self._stack.append(_Frame(value, path, anchor, counted_from))

    def _close(self) -> None:
        frame = self._stack.pop()
        size = self._count - frame.counted_from
        self._keep_anchor(frame.anchor, frame.value, size)

    def _place(self, value: Any, line: int, size: int) -> str:
        """Put a value where it belongs and return its path."""
        self._count += size
        if self._count > MOST_VALUES:
            raise NotationError(f"holds more than {MOST_VALUES:,} values", line)
        if not self._stack:
            self.root = value
            return self._mark("", line)
        frame = self._stack[-1]
        if isinstance(frame.value, list):
            frame.value.append(value)
            return self._mark(f"{frame.path}[{len(frame.value) - 1}]", line)
        if frame.key is _NOTHING:
            return self._take_key(frame, value, line)
        frame.value[frame.key] = value
        path, frame.key = _below(frame.path, frame.key), _NOTHING
        return path

    def _take_key(self, frame: _Frame, key: Any, line: int) -> str:
        if not isinstance(key, str):
            raise NotationError("a key must be text: put it in quotes", line)
        if key in frame.value:
            first = self.lines[_below(frame.path, key)]
            raise NotationError(
                f"the key `{shown_key(key)}` is there already, in line {first}", line
            )
        frame.key = key
        frame.value[key] = None
        # Problems name an odd key as it is shown; their line is found by that.
        self.lines.setdefault(_below(frame.path, shown_key(key)), line)
        return self._mark(_below(frame.path, key), line)

    def _mark(self, path: str, line: int) -> str:
        self.lines[path] = line
        return path

    def _keep_anchor(self, anchor: str | None, value: Any, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, size)

    def _recall(self, anchor: str, line: int) -> tuple[Any, int]:
        if anchor not in self._anchors:
            # The name is not repeated: it may be a secret that begins with a star.
            raise NotationError(
                "nothing before this is named so; text that begins with `*` "
                "stands in quotes",
                line,
            )
        value, size = self._anchors[anchor]
        if self._count + size > MOST_VALUES:
            raise NotationError(f"holds more than {MOST_VALUES:,} values", line)
        return copy.deepcopy(value), size


def _scalar(event: ScalarEvent, line: int) -> Any:
    _refuse_tag(event.tag, line)
    if event.style is not None:
        return _joined(str(event.value))
    try:
        return plain_value(str(event.value))
    except ValueError as error:
        raise NotationError(f"`{shortened(str(event.value))}` {error}", line) from None


def _joined(text: str) -> str:
    """The text with escaped surrogate pairs as characters: so JSON means them."""
    units = text.encode("utf-16-le", "surrogatepass")
    return units.decode("utf-16-le", "surrogatepass")


def _refuse_tag(tag: str | None, line: int) -> None:
    if tag is not None:
        # Not repeated either.
        raise NotationError(
            "tags are not read; text that begins with `!` stands in quotes", line
        )


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def shortened(text: str) -> str:
    """Enough of a text to recognise it in a message."""
    return text if len(text) <= 40 else f"{text[:39]}…"


def paths_above(path: str) -> Iterable[str]:
    """The path itself, then what it lies in, up to the whole document."""
    while path:
        yield path
        path = re.sub(r"(?:\.[^.\[\]]*|\[\d+\]|^[^.\[\]]+)$", "", path) if path else ""
    yield ""
