"""Texts in sentences, so that two of them can be laid beside each other.

A line of its own (a list item, a heading, a row of a table, a line of code) is at least
one sentence. No language is known here: where a full stop ends an abbreviation, a
sentence becomes two, which does no harm to a comparison.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# An end mark, closing quotes or brackets, then a space; or an end mark of CJK.
_END = re.compile(
    r"[.!?…]+[\"'\u201d\u2019\xbb)\]*_`]*(?=\s)|[\u3002\uff01\uff1f]+[\u300d\u300f\u201d\u2019\uff09]*"
)
_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")
# "3." at the start of a line is a number in a list, "e.g." no end.
_NO_END = re.compile(
    r"(?<!\S)(?:\d{1,3}|[A-Za-z]|e\.g|i\.e|etc|vs|Dr|Mr|Mrs|Ms|St|No)$"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and where it stands in its text, in characters."""

    start: int
    end: int
    text: str


def sentences_of(text: str) -> list[Sentence]:
    """The sentences of a text in order; what is between them is only white space."""
    return [
        Sentence(start, end, text[start:end])
        for line in re.finditer(r"[^\n]+", text)
        for start, end in _in_line(text, line.start(), line.end())
    ]


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case, without marks."""
    return _WORD.findall(text.lower())


def _in_line(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    for mark in _END.finditer(text, start, end):
        if mark.group()[0] == "." and _NO_END.search(text, begin, mark.start()):
            continue
        yield from _trimmed(text, begin, mark.end())
        begin = mark.end()
    yield from _trimmed(text, begin, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
