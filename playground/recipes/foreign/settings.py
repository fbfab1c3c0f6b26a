"""A foreign mapping that is emptied key by key; what nobody took is kept under `x_`.

Credentials and addresses are never kept: a recipe travels, and they must not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from playground.engine.reading import shown_key
from playground.engine.seats import is_secret

# Only beginnings: what follows need not be read to know them, however long it is.
_TOKEN = re.compile(
    r"\b(?:sk|gsk|xai|hf|r8|tgp|ghp|moa|pplx|csk|nvapi)[-_][\w-]{10}|AIza[\w-]{20}|"
    r"\beyJ[\w-]{10}",
    re.ASCII,
)
_ADDRESS = re.compile(r"(?i)\b[a-z][a-z0-9+.-]{0,20}://")
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?", re.ASCII)
_LONGEST_NAME = 40


def is_text(value: object) -> bool:
    """A text that says something."""
    return isinstance(value, str) and bool(value.strip())


def is_whole(low: int, high: float = math.inf) -> Callable[[object], bool]:
    """A whole number within these bounds."""
    return lambda value: type(value) is int and low <= value <= high


def is_number(low: float, high: float) -> Callable[[object], bool]:
    """A number within these bounds."""
    return lambda value: (
        type(value) in (int, float) and low <= float(str(value)) <= high
    )


def is_texts(value: object) -> bool:
    """A list of texts, or one text."""
    return is_text(value) or (
        isinstance(value, list) and bool(value) and all(map(is_text, value))
    )


def _meant(value: object) -> Iterator[object]:
    yield value
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        yield float(value) if "." in value else int(value)


class Settings:
    """What a foreign file says at one place, by names in lower case with `_`."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._rest: dict[str, tuple[str, Any]] = {}
        for name, value in content.items():
            # Two spellings of one name: the second stays behind under its own.
            key = name if _plain(name) in self._rest else _plain(name)
            self._rest[key] = (name, value)

    def take(self, *names: str, fits: Callable[[object], bool]) -> Any:
        """The first of these that is there and fits; what does not fit stays behind.

        A number that is written as a text counts as the number.
        """
        for name in names:
            for value in _meant(self._rest[name][1]) if name in self._rest else ():
                if fits(value):
                    del self._rest[name]
                    return value
        return None

    def text(self, *names: str) -> str | None:
        """A text that says something."""
        found: str | None = self.take(*names, fits=is_text)
        return found

    def texts(self, *names: str) -> list[str]:
        """A list of texts; one text counts as a list that commas part."""
        found = self.take(*names, fits=is_texts)
        parts = found.split(",") if isinstance(found, str) else found or []
        return [part.strip() for part in parts if part.strip()]

    def mapping(self, *names: str) -> dict[str, Any] | None:
        """A mapping of keys."""
        found: dict[str, Any] | None = self.take(
            *names, fits=lambda value: isinstance(value, dict)
        )
        return found

    def listed(self, *names: str) -> list[Any] | None:
        """A list of anything."""
        found: list[Any] | None = self.take(
            *names, fits=lambda value: isinstance(value, list)
        )
        return found

    def has(self, name: str) -> bool:
        """Whether nobody took it yet."""
        return name in self._rest

    def drop(self, *names: str) -> None:
        """Leave out what says nothing about a mixture, such as when it was made."""
        for name in names:
            self._rest.pop(name, None)

    def rest(self) -> tuple[dict[str, Any], list[str]]:
        """What nobody took and a recipe may hold, and the names of what it may not."""
        secrets: list[str] = []
        kept = _without_secrets(
            {name: value for name, value in self._rest.values() if value is not None},
            secrets,
        )
        return kept, secrets


def _plain(name: str) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[-\s]", "_", snake).lower()


def _without_secrets(content: Any, secrets: list[str], name: str = "") -> Any:
    if isinstance(content, dict):
        return {
            key: _without_secrets(value, secrets, key)
            for key, value in content.items()
            if not _left_out(key, value, secrets)
        }
    if isinstance(content, list):
        return [
            _without_secrets(value, secrets, name)
            for value in content
            if not _left_out(name, value, secrets)
        ]
    return content


def _left_out(name: str, value: object, secrets: list[str]) -> bool:
    hidden = isinstance(value, str) and bool(
        _TOKEN.search(value) or _ADDRESS.search(value)
    )
    if not hidden and not is_secret(name, value):
        return False
    secrets.append(shown_key(name) if name else "a text in a list")
    return True


def shown_name(text: str) -> str:
    """A foreign name as messages repeat it."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST_NAME else f"{flat[: _LONGEST_NAME - 1]}…"
