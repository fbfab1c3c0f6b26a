"""Which draft has the nearest words to each sentence of an answer, and how many of them.

Likeness of words, and no proof of where a sentence comes from: models that agree write
alike without reading each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.fuzz import token_sort_ratio
from rapidfuzz.process import extractOne

from playground.web.sentences import sentences_of, words_of

# Sentences of fewer words are alike by chance. Likeness is out of 100.
FEWEST_WORDS = 4
NEAR = 62.0
# Two drafts that are this close to each other are both named.
TIE = 3.0
_MOST_LETTERS = 2
# Two words in a row are alike by chance, four are changed by one synonym too often.
IN_A_ROW = 3
# Scripts without spaces between words are taken character by character.
_PIECE = re.compile(r"[\u2e80-\u9fff\u0e00-\u0eff]|[^\W\u2e80-\u9fff\u0e00-\u0eff]+")


@dataclass(frozen=True, slots=True)
class Near:
    """A draft that a sentence is near to, and how near, out of 100."""

    key: str
    likeness: int


@dataclass(frozen=True, slots=True)
class Origin:
    """A sentence and the drafts near to it, the nearest first; none when it is new."""

    sentence: str
    near: tuple[Near, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """Shares from 0 to 1 of a text's words: by draft, and `own`, which stand in none."""

    shares: Mapping[str, float]
    own: float


NOWHERE = Held({}, 0.0)


def origins_of(
    sentences: Sequence[str], drafts: Mapping[str, str]
) -> tuple[Origin, ...]:
    """For each sentence the drafts (text by key) that say nearly the same."""
    return _origins(tuple(sentences), tuple(drafts.items()))


def held_by(text: str, drafts: Mapping[str, str]) -> Held:
    """How much of a text stands word for word in each draft (text by key).

    A word counts when it and its neighbours, `IN_A_ROW` together, stand in the draft as
    well, wherever that is: containment of shingles (Broder 1997, "On the resemblance and
    containment of documents"), told in words. A text with fewer words is one shingle.
    """
    words = _pieces(text)
    row = min(IN_A_ROW, len(words)) or 1
    held = {
        key: _places(words, _shingles(_pieces(text), row))
        for key, text in drafts.items()
    }
    anywhere = set[int]().union(*held.values())
    count = len(words) or 1
    shares = {key: len(places) / count for key, places in held.items()}
    return Held(shares, 1 - len(anywhere) / count)


def _pieces(text: str) -> list[str]:
    return _PIECE.findall(text.lower())


def _shingles(words: Sequence[str], row: int) -> set[tuple[str, ...]]:
    starts = range(len(words) - row + 1)
    return {tuple(words[start : start + row]) for start in starts}


def _places(words: Sequence[str], shingles: set[tuple[str, ...]]) -> set[int]:
    """Where the words stand that are part of one of these shingles."""
    row = len(next(iter(shingles), ()))
    starts = range(len(words) - row + 1) if row else ()
    return {
        start + offset
        for start in starts
        if tuple(words[start : start + row]) in shingles
        for offset in range(row)
    }


# A page is opened again and again, and the texts of a run that is over do not change.
@lru_cache(maxsize=256)
def _origins(
    sentences: tuple[str, ...], drafts: tuple[tuple[str, str], ...]
) -> tuple[Origin, ...]:
    choices = {key: list(_choices(text)) for key, text in drafts}
    return tuple(_origin(sentence, choices) for sentence in sentences)


def _choices(text: str) -> Iterator[str]:
    for sentence in sentences_of(text):
        words = words_of(sentence.text)
        if len(words) >= FEWEST_WORDS:
            yield " ".join(words)


def _origin(sentence: str, choices: Mapping[str, Sequence[str]]) -> Origin:
    words = words_of(sentence)
    if len(words) < FEWEST_WORDS:
        return Origin(sentence)
    found = []
    for key, texts in choices.items():
        best = extractOne(
            " ".join(words), texts, scorer=token_sort_ratio, score_cutoff=NEAR
        )
        if best is not None:
            found.append(Near(key, round(best[1])))
    # `sort` is stable: of two that are as near, the one that came first stays first.
    found.sort(key=lambda near: -near.likeness)
    nearest = [near for near in found if near.likeness >= found[0].likeness - TIE]
    return Origin(sentence, tuple(nearest[:_MOST_LETTERS]))
