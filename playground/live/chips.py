"""A draft in short: its letter, its hue, where it stands on the page, how long it is."""

from __future__ import annotations

from dataclasses import dataclass

_HUES = "abcdefg"


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


@dataclass(slots=True)
class Shown:
    """A reference to a draft, as a chip with its layer."""

    key: str
    layer: int
    label: str
    hue: str

    @property
    def anchor(self) -> str:
        """Where the draft is on the page."""
        return f"#draft-{dom_id(self.key)}"
