"""What two texts have in common: sentences are paired in order, then their words.

A word diff alone makes confetti of two texts that say the same in other words. Here
sentences that are alike enough are paired by the alignment whose likeness is greatest
in sum (Needleman and Wunsch, 1970, without a price for a gap), and only inside a pair
are words compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from rapidfuzz.distance import LCSseq
from rapidfuzz.fuzz import ratio

from playground.web.sentences import Sentence, sentences_of

Kind = Literal["same", "changed", "left", "right"]

# Below it, two sentences are different sentences. Out of 100.
ALIKE = 55.0
# Beyond it only equal sentences are paired: the table of all pairs would be too large.
_MOST_PAIRS = 90_000
_MOST_WORD_PAIRS = 16_000_000
_TOKEN = re.compile(r"\s+|\w+(?:['\u2019]\w+)*|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words, and whether only this side has them."""

    text: str
    own: bool


@dataclass(frozen=True, slots=True)
class DiffRow:
    """A sentence of the left, one of the right, or a pair. `gap` begins a new line."""

    kind: Kind
    left: tuple[Piece, ...] = ()
    right: tuple[Piece, ...] = ()
    gap: bool = False


@dataclass(frozen=True, slots=True)
class TextDiff:
    """Two texts, row by row; the shares count words of each side, from 0 to 1."""

    rows: tuple[DiffRow, ...]
    left_shared: float
    right_shared: float

    @property
    def is_same(self) -> bool:
        """True when nothing differs but white space."""
        return all(row.kind == "same" for row in self.rows)


def diff_texts(left: str, right: str) -> TextDiff:
    """Lay two texts beside each other."""
    ours, theirs = sentences_of(left), sentences_of(right)
    rows = tuple(_rows(left, right, ours, theirs))
    return TextDiff(
        rows,
        left_shared=_shared([row.left for row in rows]),
        right_shared=_shared([row.right for row in rows]),
    )


def _rows(
    left: str, right: str, ours: Sequence[Sentence], theirs: Sequence[Sentence]
) -> Iterator[DiffRow]:
    i = j = 0
    for a, b in [*_pairs(ours, theirs), (len(ours), len(theirs))]:
        for sentence in ours[i:a]:
            yield _single("left", left, sentence)
        for sentence in theirs[j:b]:
            yield _single("right", right, sentence)
        if a < len(ours):
            yield _pair(left, ours[a], right, theirs[b])
        i, j = a + 1, b + 1


def _single(kind: Kind, text: str, sentence: Sentence) -> DiffRow:
    pieces = (Piece(sentence.text, own=True),)
    gap = _begins_line(text, sentence)
    if kind == "left":
        return DiffRow(kind, left=pieces, gap=gap)
    return DiffRow(kind, right=pieces, gap=gap)


def _pair(left: str, ours: Sentence, right: str, theirs: Sentence) -> DiffRow:
    gap = _begins_line(left, ours) or _begins_line(right, theirs)
    if ours.text == theirs.text:
        whole = (Piece(ours.text, own=False),)
        return DiffRow("same", whole, whole, gap)
    a, b = _TOKEN.findall(ours.text), _TOKEN.findall(theirs.text)
    if len(a) * len(b) > _MOST_WORD_PAIRS:
        return DiffRow(
            "changed",
            (Piece(ours.text, own=True),),
            (Piece(theirs.text, own=True),),
            gap,
        )
    lefts: list[tuple[str, bool]] = []
    rights: list[tuple[str, bool]] = []
    for code in LCSseq.opcodes(a, b):
        own = code.tag != "equal"
        lefts += [(token, own) for token in a[code.src_start : code.src_end]]
        rights += [(token, own) for token in b[code.dest_start : code.dest_end]]
    return DiffRow("changed", _joined(lefts), _joined(rights), gap)


def _joined(tokens: Sequence[tuple[str, bool]]) -> tuple[Piece, ...]:
    """Runs of words that share their lot; a space between two own words is own."""
    pieces: list[Piece] = []
    for position, (token, own) in enumerate(tokens):
        alone = token.isspace() and 0 < position < len(tokens) - 1
        mark = own or (alone and tokens[position - 1][1] and tokens[position + 1][1])
        if pieces and pieces[-1].own == mark:
            pieces[-1] = Piece(pieces[-1].text + token, mark)
        else:
            pieces.append(Piece(token, mark))
    return tuple(pieces)


def _begins_line(text: str, sentence: Sentence) -> bool:
    before = text[: sentence.start].rstrip(" \t")
    return not before or before[-1] == "\n"


def _pairs(
    ours: Sequence[Sentence], theirs: Sequence[Sentence]
) -> list[tuple[int, int]]:
    if len(ours) * len(theirs) > _MOST_PAIRS:
        return _equal_pairs(ours, theirs)
    return _best_pairs(ours, theirs)


def _equal_pairs(
    ours: Sequence[Sentence], theirs: Sequence[Sentence]
) -> list[tuple[int, int]]:
    matcher = SequenceMatcher(
        None,
        [sentence.text for sentence in ours],
        [sentence.text for sentence in theirs],
        autojunk=False,
    )
    return [
        (block.a + step, block.b + step)
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    ]


def _best_pairs(
    ours: Sequence[Sentence], theirs: Sequence[Sentence]
) -> list[tuple[int, int]]:
    alike = [[ratio(a.text, b.text, score_cutoff=ALIKE) for b in theirs] for a in ours]
    best = [[0.0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for i in range(len(ours) - 1, -1, -1):
        for j in range(len(theirs) - 1, -1, -1):
            best[i][j] = max(
                best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + alike[i][j]
            )
    pairs = []
    i = j = 0
    while i < len(ours) and j < len(theirs):
        if alike[i][j] and best[i][j] == best[i + 1][j + 1] + alike[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _shared(sides: Sequence[Sequence[Piece]]) -> float:
    words = common = 0
    for pieces in sides:
        for piece in pieces:
            count = len(_TOKEN.findall(piece.text)) - len(
                re.findall(r"\s+", piece.text)
            )
            words += count
            common += 0 if piece.own else count
    return common / words if words else 0.0
