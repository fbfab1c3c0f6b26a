"""Texts that hold one document, YAML 1.2 or JSON: read with lines, written exactly.

What is read is JSON's values only, as given: absent keys stay absent, `1` and `1.0`
stay apart, a date is the text that was written. Comments go.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

from playground.engine.reading import shown_key
from playground.recipes.notation import (
    DEEPEST,
    NotationError,
    paths_above,
    plain_value,
    read_json,
    read_yaml,
    shortened,
)
from playground.web.refusals import Unprocessable

LARGEST_BYTES = 262_144
_LARGEST_INTEGER = 10**300


class DocumentRefused(Unprocessable):
    """The text is not a document; `problems` has one (line, message)."""

    code = "bad_document"

    def __init__(self, message: str, line: int | None = None) -> None:
        place = f"line {line}" if line else ""
        shown = f"{place}: {message}" if place else message
        super().__init__(shown, problems=[(place, message)])
        self.line = line
        self.message = message


@dataclass(frozen=True)
class Document:
    """What a text holds, and where in the text each part of it stands."""

    content: dict[str, Any]
    text: str = field(repr=False)

    @cached_property
    def _lines(self) -> dict[str, int]:
        try:
            return _read(self.text)[1]
        except DocumentRefused:
            return {}

    def line_of(self, path: str) -> int | None:
        """The line (from 1) of a path such as `layers[0].slots`, or of its nearest parent."""
        for candidate in paths_above(path):
            if candidate and candidate in self._lines:
                return self._lines[candidate]
        return None


def load_document(text: str) -> Document:
    """Read YAML or JSON. Raises DocumentRefused, with the line where there is one."""
    content = _read_small(text)
    if not isinstance(content, dict):
        raise DocumentRefused("a document is a mapping of keys, such as `schema: …`", 1)
    _check_values(content, "", 0)
    return Document(content, text)


def load_any(text: str) -> Any:
    """As `load_document`, for texts of others: a list, too, or a single value."""
    content = _read_small(text)
    _check_values(content, "", 0)
    return content


def _read_small(text: str) -> Any:
    if len(text.encode("utf-8", "replace")) > LARGEST_BYTES:
        raise DocumentRefused(f"a document has at most {LARGEST_BYTES // 1024} KiB")
    return _read(text)[0]


def check_content(content: Mapping[str, Any]) -> None:
    """Refuse a document that was put together from a form and not read from a text.

    Raises DocumentRefused for what is too large, too deep, or no text.
    """
    _check_values(content, "", 0)
    if len(_canonical(content).encode()) > LARGEST_BYTES:
        raise DocumentRefused(f"a document has at most {LARGEST_BYTES // 1024} KiB")


def _read(text: str) -> tuple[Any, dict[str, int]]:
    try:
        if text.lstrip().startswith(("{", "[")):
            try:
                return read_json(text)
            except (ValueError, RecursionError):
                pass  # YAML's flow style, or a fault that YAML's reader can place
        return read_yaml(text)
    except NotationError as error:
        raise DocumentRefused(error.message, error.line) from None


def _check_values(value: Any, path: str, depth: int) -> None:
    """Refuse what a database or a terminal cannot hold."""
    if depth > DEEPEST:
        raise DocumentRefused(f"it is nested deeper than {DEEPEST} levels")
    if isinstance(value, dict):
        for key, inner in value.items():
            _check_values(key, path, depth + 1)
            _check_values(
                inner, f"{path}.{shown_key(key)}" if path else shown_key(key), depth + 1
            )
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            _check_values(inner, f"{path}[{position}]", depth + 1)
    elif fault := _scalar_fault(value):
        raise DocumentRefused(f"{shortened(path)} {fault}")


def _scalar_fault(value: Any) -> str:
    match value:
        case str() if "\0" in value or not _encodes(value):
            return "has a character that is no text"
        case int() if abs(value) >= _LARGEST_INTEGER:
            return "has too many digits"
        case float() if not math.isfinite(value):
            return "must be a finite number"
    return ""


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Representer(SafeRepresenter):
    """Quotes every text that would read as something else."""

    def represent_str(self, data: str) -> Any:
        """Plain where it can be, a block where it has lines, else quoted."""
        style = None
        if not _stays_text(data):
            style = '"'
        elif "\n" in data:
            style = "|"
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


def _stays_text(text: str) -> bool:
    """True when the text reads as itself without quotes."""
    # Line breaks of other alphabets and control characters survive only in quotes.
    if not text.replace("\n", " ").isprintable():
        return False
    try:
        return bool(text) and plain_value(text) == text
    except ValueError:
        return False


_Representer.add_representer(str, _Representer.represent_str)


def dump_yaml(content: Mapping[str, Any]) -> str:
    """The document as YAML that `load_document` reads back to equal data."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.allow_unicode = True
    yaml.width = 1_000_000
    yaml.representer.ignore_aliases = lambda _: True
    stream = io.StringIO()
    yaml.dump(dict(content), stream)
    return stream.getvalue()


def same_document(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """True for equal data; the order of keys says nothing, `1` and `1.0` differ."""
    return _canonical(one) == _canonical(other)


def _canonical(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False)
