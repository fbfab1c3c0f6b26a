"""Which draft has the nearest words to each sentence of an answer.

Likeness of words, and no proof of where a sentence comes from: models that agree write
alike without reading each other.
"""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class Near:
    """A draft that a sentence is near to, and how near, out of 100."""

    key: str
    likeness: int


@dataclass(frozen=True, slots=True)
class Origin:
    """A sentence and the drafts near to it, the nearest first; none when it is new."""

    sentence: str
    words: int
    near: tuple[Near, ...] = ()


def origins_of(
    sentences: Sequence[str], drafts: Mapping[str, str]
) -> tuple[Origin, ...]:
    """For each sentence the drafts (text by key) that say nearly the same."""
    return _origins(tuple(sentences), tuple(drafts.items()))


def shares_of(origins: Sequence[Origin]) -> dict[str, float]:
    """The share of the words that lie nearest to each draft; `""` is the share of none.

    Only sentences that are long enough to tell are counted. The shares add up to 1.
    """
    counted = [origin for origin in origins if origin.words >= FEWEST_WORDS]
    total = sum(origin.words for origin in counted)
    shares: dict[str, float] = {}
    for origin in counted:
        key = origin.near[0].key if origin.near else ""
        shares[key] = shares.get(key, 0.0) + origin.words / total
    return shares


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
        return Origin(sentence, len(words))
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
    return Origin(sentence, len(words), tuple(nearest[:_MOST_LETTERS]))
