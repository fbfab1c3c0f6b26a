"""Where in a run's texts the words of a search are, as pieces that are marked or not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, IntegerField, QuerySet, Value
from django.db.models.functions import (
    Coalesce,
    Greatest,
    Lower,
    NullIf,
    StrIndex,
    Substr,
)

from playground.runs.models import Draft, Run
from playground.runs.search import SHORTEST_BEGINNING
from playground.runs.words import fold, words_in

_BEFORE = 60
_LENGTH = 220
_LETTERS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text, and whether it is what was looked for."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Where the words are: in a draft, by its key, or in the prompt, with none."""

    key: str
    pieces: tuple[Piece, ...]


def marked(text: str, words: Sequence[str]) -> tuple[Piece, ...]:
    """The text in pieces; those that begin with one of the words are marked."""
    pieces: list[Piece] = []
    end = 0
    for letters in _LETTERS.finditer(text) if words else ():
        if not _is_sought(letters.group(), words):
            continue
        if letters.start() > end:
            pieces.append(Piece(text[end : letters.start()]))
        pieces.append(Piece(letters.group(), marked=True))
        end = letters.end()
    if end < len(text):
        pieces.append(Piece(text[end:]))
    return tuple(pieces)


def _is_sought(letters: str, words: Sequence[str]) -> bool:
    pieces = [fold(letters)] if letters.isascii() else words_in(letters)
    return any(_begins(piece, word) for piece in pieces for word in words)


def _begins(piece: str, word: str) -> bool:
    """As the search has it: one letter is a whole word."""
    return piece == word or (len(word) >= SHORTEST_BEGINNING and piece.startswith(word))


def missing_from(text: str, words: Iterable[str]) -> list[str]:
    """The words that begin no word of the text, the longest first."""
    there = words_in(text)
    missing = [
        word for word in words if not any(_begins(piece, word) for piece in there)
    ]
    return sorted(missing, key=len, reverse=True)


def excerpts_of(run_ids: Sequence[UUID], words: Sequence[str]) -> dict[UUID, Excerpt]:
    """For each run where one of the words is found: its surroundings, in one text.

    The database cuts the texts, so that a page of long drafts costs no more than a page
    of short ones. It compares letters without folding accents: then there is none.
    """
    if not words or not run_ids:
        return {}
    drafts = Draft.objects.filter(run_id__in=run_ids).order_by("run_id", "-position")
    found = dict(_cuts(drafts, "text", words, "run_id", "key"))
    rest = Run.objects.filter(pk__in=[pk for pk in run_ids if pk not in found])
    return found | dict(_cuts(rest, "prompt", words, "id", Value("")))


def _cuts(
    rows: QuerySet[Any], field: str, words: Sequence[str], run_id: str, key: Any
) -> Iterator[tuple[UUID, Excerpt]]:
    places = [NullIf(StrIndex(Lower(field), Value(word)), Value(0)) for word in words]
    at = Coalesce(*places, Value(0))
    begun = Greatest(F("at") - _BEFORE, 1, output_field=IntegerField())
    cut = (
        rows.annotate(at=at)
        .filter(at__gt=0)
        .annotate(begun=begun, named=F(key) if isinstance(key, str) else key)
        .annotate(cut=Substr(field, begun, _LENGTH))
        .values_list(run_id, "named", "begun", "cut")
    )
    seen: set[UUID] = set()
    for owner, name, start, text in cut:
        pieces = marked(_whole_words(text, start=start), words)
        if owner not in seen and any(piece.marked for piece in pieces):
            seen.add(owner)
            yield owner, Excerpt(name, pieces)


def _whole_words(cut: str, *, start: int) -> str:
    """A cut text without the halves of words at its ends, and with signs that it is cut."""
    text = " ".join(cut.split())
    if start > 1:
        text = "… " + text.partition(" ")[2]
    if len(cut) == _LENGTH:
        text = text.rpartition(" ")[0] + " …"
    return text
