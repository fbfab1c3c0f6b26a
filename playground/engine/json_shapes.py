"""The small shapes that the recipe's JSON Schema is put together from."""

from __future__ import annotations

from typing import Any

LONGEST_TEXT = 20_000
Shape = dict[str, Any]


def mapping(properties: Shape, *, required: tuple[str, ...] = ()) -> Shape:
    """Known keys, and those that begin with `x_`."""
    shape = {
        "type": "object",
        "properties": properties,
        "patternProperties": {"^x_": True},
        "additionalProperties": False,
    }
    return {**shape, **({"required": list(required)} if required else {})}


def ref(name: str) -> Shape:
    """Where a shape is defined."""
    return {"$ref": f"#/$defs/{name}"}


def or_null(shape: Shape) -> Shape:
    """The shape, or null: as good as absent."""
    return {"anyOf": [shape, {"type": "null"}]}


def matching(pattern: str) -> Shape:
    """Text that is all of a pattern."""
    # Some languages let `$` pass a line break at the end.
    return {"type": "string", "pattern": rf"^{pattern}$(?!\n)"}


def text() -> Shape:
    """Text of any length that a recipe takes."""
    return {"type": ["string", "null"], "maxLength": LONGEST_TEXT}


def said(longest: int) -> Shape:
    """Text that is not blank, or null."""
    return {"type": ["string", "null"], "maxLength": longest, "pattern": r"\S"}


def required_text(longest: int) -> Shape:
    """Text that is not blank."""
    return {"type": "string", "maxLength": longest, "pattern": r"\S"}


def texts(longest: int) -> Shape:
    """A list of texts that are not blank."""
    return {"type": ["array", "null"], "items": required_text(longest)}


def list_of(name: str) -> Shape:
    """A list of what is defined under a name."""
    return {"type": ["array", "null"], "items": ref(name)}


def one_of(*words: str) -> Shape:
    """One of these words."""
    return {"enum": [*words, None]}


def whole(low: int, high: int | None = None) -> Shape:
    """A whole number within its limits."""
    return _bounded({"type": ["integer", "null"], "minimum": low}, high)


def number(low: float, high: float) -> Shape:
    """A number within its limits."""
    return _bounded({"type": ["number", "null"], "minimum": low}, high)


def above(low: float, high: float) -> Shape:
    """A number above `low`."""
    return _bounded({"type": ["number", "null"], "exclusiveMinimum": low}, high)


def _bounded(shape: Shape, high: float | None) -> Shape:
    return shape if high is None else {**shape, "maximum": high}
