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
Side = Literal["both", "left", "right"]
# What a row begins: a line, after an empty line a paragraph, or nothing of its own.
Begins = Literal["", "line", "paragraph"]

# Below it, two sentences are different sentences. Out of 100.
ALIKE = 55.0
# Beyond it only equal sentences are paired: the table of all pairs would be too large.
_MOST_PAIRS = 90_000
_MOST_WORD_PAIRS = 16_000_000
_RANK: Sequence[Begins] = ("", "line", "paragraph")
_TOKEN = re.compile(r"\s+|\w+(?:['\u2019]\w+)*|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words, and whether only this side has them."""

    text: str
    own: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Some words of one text that holds both."""

    text: str
    side: Side


@dataclass(frozen=True, slots=True)
class DiffRow:
    """A sentence of the left, one of the right, or a pair, and what it begins.

    `inline` is both as one text: at each place what is gone, then what is new.
    """

    kind: Kind
    left: tuple[Piece, ...] = ()
    right: tuple[Piece, ...] = ()
    begins: Begins = ""
    inline: tuple[Span, ...] = ()


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


def _single(side: Literal["left", "right"], text: str, sentence: Sentence) -> DiffRow:
    pieces = (Piece(sentence.text, own=True),)
    return DiffRow(
        side,
        left=pieces if side == "left" else (),
        right=pieces if side == "right" else (),
        begins=_begins(text, sentence),
        inline=(Span(sentence.text, side),),
    )


def _pair(left: str, ours: Sentence, right: str, theirs: Sentence) -> DiffRow:
    begins = max(_begins(left, ours), _begins(right, theirs), key=_RANK.index)
    if ours.text == theirs.text:
        whole = (Piece(ours.text, own=False),)
        return DiffRow("same", whole, whole, begins, (Span(ours.text, "both"),))
    spans = _spans(_TOKEN.findall(ours.text), _TOKEN.findall(theirs.text))
    return DiffRow(
        "changed",
        left=_side(spans, "left"),
        right=_side(spans, "right"),
        begins=begins,
        inline=tuple(spans),
    )


def _spans(ours: Sequence[str], theirs: Sequence[str]) -> list[Span]:
    if len(ours) * len(theirs) > _MOST_WORD_PAIRS:
        return [Span("".join(ours), "left"), Span("".join(theirs), "right")]
    spans: list[Span] = []
    gone = new = ""
    for code in LCSseq.opcodes(ours, theirs):
        left = "".join(ours[code.src_start : code.src_end])
        right = "".join(theirs[code.dest_start : code.dest_end])
        # A space between two changes belongs to them: "the next year" is one change.
        if code.tag != "equal" or (left.isspace() and (gone or new)):
            gone, new = gone + left, new + right
            continue
        spans += [*_change(gone, new), Span(left, "both")]
        gone = new = ""
    return [*spans, *_change(gone, new)]


def _change(gone: str, new: str) -> Iterator[Span]:
    if gone:
        yield Span(gone, "left")
    if new:
        yield Span(new, "right")


def _side(spans: Sequence[Span], side: Side) -> tuple[Piece, ...]:
    """One of the two texts: runs of words that it alone has, or that both have."""
    pieces: list[Piece] = []
    for span in spans:
        if span.side not in ("both", side):
            continue
        own = span.side == side
        if pieces and pieces[-1].own == own:
            pieces[-1] = Piece(pieces[-1].text + span.text, own)
        else:
            pieces.append(Piece(span.text, own))
    return tuple(pieces)


def _begins(text: str, sentence: Sentence) -> Begins:
    before = text[max(0, sentence.start - 200) : sentence.start]
    blank = before[len(before.rstrip()) :]
    if blank.count("\n") > 1 or not before.strip():
        return "paragraph"
    return "line" if "\n" in blank else ""


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
