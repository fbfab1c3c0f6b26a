"""Texts as sets of words, and runs as facets: what the full-text index holds.

Both databases are given the same words, folded and cut here, so that a search finds
the same on both and nothing that somebody types can be read as an operator.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from uuid import UUID

LONGEST = 48
# A tsvector holds one megabyte at most, and the longest lists are no longer searched by
# any person; the prompt comes first and is never what is left out.
MOST_BYTES = 400_000
_RUN_OF_LETTERS = re.compile(r"[^\W_]+")
_ACCENTS = re.compile(r"[\u0300-\u036f]+")
# Scripts that put no space between words: each letter is a word.
_LONE = re.compile(
    r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_EPOCH_MS = 1_577_836_800_000  # 2020
_CHANCE_BITS = 22


def fold(text: str) -> str:
    """The text as it is compared: lower case, without accents."""
    if text.isascii():
        return text.lower()
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))


def words_in(text: str) -> list[str]:
    """The words of a text in their order, each once."""
    pieces: dict[str, None] = {}
    for letters in dict.fromkeys(_RUN_OF_LETTERS.findall(fold(text))):
        pieces.update(dict.fromkeys(_pieces(letters)))
    return list(pieces)


def _pieces(letters: str) -> Iterator[str]:
    if letters.isascii():
        yield letters[:LONGEST]
        return
    start = 0
    for lone in _LONE.finditer(letters):
        if lone.start() > start:
            yield letters[start : lone.start()][:LONGEST]
        yield lone.group()
        start = lone.end()
    if start < len(letters):
        yield letters[start:][:LONGEST]


def listed_words(texts: Iterable[str], *, facets: Iterable[str]) -> str:
    """The words of all texts, each once, behind the facets, as far as there is room."""
    found = dict.fromkeys(facets)
    room = MOST_BYTES
    for text in texts:
        for word in words_in(text):
            if word in found:
                continue
            room -= len(word.encode()) + 1
            if room < 0:
                return " ".join(found)
            found[word] = None
    return " ".join(found)


def place_of(run_id: UUID) -> int:
    """Where a run lies in the index: 63 bits of its UUIDv7, which sort as it does."""
    number = run_id.int
    chance = ((number >> 64) & 0xFFF) << 10 | (number >> 52) & 0x3FF
    return max(0, (number >> 80) - _EPOCH_MS) << _CHANCE_BITS | chance


def place_at(moment: datetime) -> int:
    """The place before which every earlier run lies."""
    milliseconds = int(moment.astimezone(UTC).timestamp() * 1000)
    return max(0, milliseconds - _EPOCH_MS) << _CHANCE_BITS


def id_at(moment: datetime) -> UUID:
    """The smallest UUIDv7 of that moment: runs made earlier have smaller ids."""
    milliseconds = int(moment.astimezone(UTC).timestamp() * 1000)
    return UUID(int=max(0, milliseconds) << 80)
