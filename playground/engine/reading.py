"""Reads one mapping of a recipe key by key and collects what is wrong with it.

A key that nobody asked for is unknown; keys that begin with `x_` belong to others. A
wrong value is reported once and read as its default, so that reading can go on.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, cast

from playground.engine.errors import Problem

_TOO_LONG = 20_000
_LONGEST_KEY = 32
_PLAIN_KEY = re.compile(r"[^\W\d](?:[^\W\d]|[ .-])*\d{0,2}")
_SECRET_START = re.compile(r"(?i)(?:sk|moa|bearer)[-_ ]")


def shown_key(name: str) -> str:
    """A key as messages repeat it: cut short where it may be a secret, put wrongly."""
    is_word = len(name) <= _LONGEST_KEY and _PLAIN_KEY.fullmatch(name)
    return name if is_word and not _SECRET_START.match(name) else f"{name[:4]}…"


class Reader:
    """One mapping at one path. Reading a key marks it as known."""

    def __init__(self, content: object, path: str, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self._known: list[str] = []
        self._content: Mapping[object, object] = {}
        self.sound = isinstance(content, Mapping)
        if isinstance(content, Mapping):
            self._content = content
        else:
            self._report(path, f"must be a mapping of keys, not {_named(content)}")

    def at(self, name: str) -> str:
        """The path of one of this mapping's keys."""
        return f"{self.path}.{name}" if self.path else name

    def complain(self, name: str, message: str) -> None:
        """Report a problem with one key."""
        self._report(self.at(name), message)

    def take(self, name: str) -> object:
        """The raw value; None when the key is absent or null."""
        self._known.append(name)
        return self._content.get(name)

    def require(self, name: str, what: str) -> None:
        """Report the key as missing when it is."""
        if self.sound and self._content.get(name) is None:
            self.complain(name, f"is required: {what}")

    def text(
        self,
        name: str,
        *,
        longest: int = _TOO_LONG,
        pattern: str | None = None,
        wanted: str = "",
        empty: bool = True,
    ) -> str | None:
        """A text; `wanted` says in words what the pattern means."""
        value = self.take(name)
        if value is None:
            return None
        fault = _text_fault(value, longest, pattern, wanted)
        if not fault and not empty and not str(value).strip():
            fault = "must not be empty"
        text: str | None = self._accept(name, value, fault)
        return text

    def number(
        self,
        name: str,
        *,
        low: float = 0,
        high: float = math.inf,
        above: bool = False,
    ) -> float | None:
        """A finite number from `low` to `high`; `above` leaves `low` itself out."""
        value = self.take(name)
        if value is None:
            return None
        fault = "" if _is_number(value) else f"must be a number, not {_named(value)}"
        fault = fault or _range_fault(value, low, high, above=above)
        number: float | None = self._accept(name, value, fault)
        return number

    def whole(self, name: str, *, low: int, high: float = math.inf) -> int | None:
        """A whole number from `low` to `high`; in JSON `2.0` is one."""
        value = self.take(name)
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        fault = (
            ""
            if isinstance(value, int) and not isinstance(value, bool)
            else f"must be a whole number, not {_named(value)}"
        )
        number: int | None = self._accept(
            name, value, fault or _range_fault(value, low, high)
        )
        return number

    def flag(self, name: str) -> bool | None:
        """True or false."""
        value = self.take(name)
        if value is None:
            return None
        wrong = not isinstance(value, bool)
        fault = f"must be true or false, not {_named(value)}" if wrong else ""
        flag: bool | None = self._accept(name, value, fault)
        return flag

    def one_of(self, name: str, choices: Sequence[str]) -> str | None:
        """One of these words."""
        value = self.take(name)
        if value is None:
            return None
        wrong = value not in choices
        fault = f"must be {_listed(choices)}, not {_named(value)}" if wrong else ""
        choice: str | None = self._accept(name, value, fault)
        return choice

    def texts(self, name: str, *, longest: int = _TOO_LONG) -> tuple[str, ...]:
        """A list of texts, none of them empty."""
        return tuple(
            cast("str", value)
            for path, value in self.items(name)
            if self._is_text(path, value, longest)
        )

    def items(self, name: str) -> Iterator[tuple[str, object]]:
        """The items of a list, each with its path."""
        value = self.take(name)
        if isinstance(value, Sequence) and not isinstance(value, str):
            for position, item in enumerate(value):
                yield f"{self.at(name)}[{position}]", item
        elif value is not None:
            self.complain(name, f"must be a list, not {_named(value)}")

    def inner(self, name: str) -> Reader:
        """The mapping under a key; an absent one reads as empty."""
        value = self.take(name)
        return Reader({} if value is None else value, self.at(name), self.problems)

    def close(self) -> None:
        """Report every key that was not asked for."""
        for name in self._content:
            if not isinstance(name, str):
                self._report(self.path, "every key must be a text")
            elif name not in self._known and not name.startswith("x_"):
                self.complain(shown_key(name), _unknown(name, self._known))

    def _is_text(self, path: str, value: object, longest: int) -> bool:
        fault = _text_fault(value, longest, r"(?s).*\S.*", "text, not blank")
        if fault:
            self._report(path, fault)
        return not fault

    def _accept(self, name: str, value: object, fault: str) -> Any:
        if fault:
            self.complain(name, fault)
            return None
        return value

    def _report(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))


def _text_fault(value: object, longest: int, pattern: str | None, wanted: str) -> str:
    if not isinstance(value, str):
        return f"must be text, not {_named(value)}"
    if len(value) > longest:
        return f"must be at most {longest} characters long, this has {len(value)}"
    if pattern and not re.fullmatch(pattern, value):
        return f"must be {wanted}, not {_named(value)}"
    return ""


def _is_number(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )


def _range_fault(value: Any, low: float, high: float, *, above: bool = False) -> str:
    too_low = value <= low if above else value < low
    if not too_low and value <= high:
        return ""
    least = f"above {low:g}" if above else f"at least {low:g}"
    most = "" if high == math.inf else f" and at most {high:g}"
    return f"must be {least}{most}, not {_named(value)}"


def _unknown(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(known)}"
    return f"unknown key; {hint}"


def _listed(words: Sequence[str]) -> str:
    return " or ".join((", ".join(words[:-1]), words[-1])) if words[1:] else words[0]


def _named(value: object) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "a list"
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}…"
