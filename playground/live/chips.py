"""A draft in short: its letter, its hue, where it stands on the page, how long it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HUES = "abcdefg"
_PREVIEW = 480
# What Markdown adds to plain words; a preview only has to read well.
_MARKUP = re.compile(
    r"(?m)^\s*(?:#{1,6}\s|[-+*]\s|>\s?|```\w*\s*$)|[*`]+|(?<!\w)_|_(?!\w)"
)


def hue_of(label: str, position: int) -> str:
    """The letter of a slot's hue: its own where it has one, else by position."""
    letter = label.lower()
    if letter in _HUES or letter == "z":
        return letter
    return _HUES[position % len(_HUES)]


def dom_id(key: str) -> str:
    """A draft key as part of a DOM id."""
    return key.replace(".", "-")


def units(text: str) -> int:
    """The length of a text in UTF-16 units, as the feed counts offsets."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def after(text: str, skipped: int) -> str:
    """What comes after so many UTF-16 units of `text`."""
    if skipped <= 0:
        return text
    encoded = text.encode("utf-16-le", "surrogatepass")
    return encoded[2 * skipped :].decode("utf-16-le", "replace")


def beginning_of(text: str) -> str:
    """The beginning of a text as plain words."""
    return " ".join(_MARKUP.sub("", text[:_PREVIEW]).split())


@dataclass(slots=True)
class Shown:
    """A reference to a draft, as a chip with its layer; `number` where a slot has many.

    `times` is how often it is laid, one behind the other.
    """

    key: str
    layer: int
    label: str
    hue: str
    number: str = ""
    times: int = 1

    @property
    def anchor(self) -> str:
        """Where the draft is on the page."""
        return f"#draft-{dom_id(self.key)}"
