"""Tells what a text is, and reads it as a mixture when it is one of another program."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from playground.recipes.documents import DocumentRefused, load_any
from playground.recipes.foreign import beam, council, groq, promptfoo, together, webui
from playground.recipes.foreign.sketch import Converted
from playground.recipes.foreign.sources import (
    is_command,
    read_assignments,
    read_command,
)

# The narrowest first: a file of one program may have keys of another.
_PROGRAMS: tuple[ModuleType, ...] = (groq, together, council, beam, promptfoo, webui)


def read_foreign(text: str) -> Converted | None:
    """The mixture of another program; None for a text that is none of theirs.

    Never raises: whoever reads the text as moa-recipe/1 says what is wrong with it.
    """
    for content in _readings(text):
        for program in _PROGRAMS:
            if program.recognises(content):
                converted: Converted = program.convert(content)
                return converted
    return None


def _readings(text: str) -> list[Any]:
    """The text as a document, a command line, assignments: what it can be."""
    readings: list[Any] = []
    try:
        document = load_any(text)
    except DocumentRefused as refused:
        if refused.line is None:
            return []  # too large, or no text: none of the others, either
    else:
        if isinstance(document, dict) and "schema" in document:
            return []
        readings.append(document)
    if is_command(text):
        try:
            readings.append(read_command(text))
        except ValueError:
            return readings
    return [*readings, read_assignments(text)]
