"""A vote as its layer's section shows it: each answer with who stood for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from playground.engine.ballots import Ballot
from playground.engine.shapes import Election, Slot
from playground.live.seats import DraftView
from playground.web.formats import counted

_COUNTS = {
    "exact": "It counts which texts are the same.",
    "number": "It counts the last number of each draft.",
    "choice": "It counts the letter that each draft chose, the last one stated.",
    "regex": "It counts what the recipe's pattern finds in each draft.",
    "medoid": "It compares the words of all drafts: the one most like the others wins.",
}
_TIES = {"first": "the first draft", "shortest": "the shortest draft"}


@dataclass(frozen=True, slots=True)
class Stand:
    """One answer: its voters, its share as a width, and whether it won."""

    answer: str
    voters: tuple[DraftView, ...]
    width: str
    figure: str
    won: bool = False
    counts: bool = True


def nobody_yet(layer: int) -> DraftView:
    """What stands in the answer's place until this layer's vote says which draft it is."""
    return DraftView(
        key=f"vote-{layer}",
        layer=layer,
        label="V",
        sample=1,
        slot=Slot("V", ""),
        hue="z",
        sees="previous",
        is_answer=True,
    )


def gist_of(election: Election) -> str:
    """What a vote of this layer does, in two sentences."""
    ties = f"Of several that stand equal, {_TIES[election.ties]} wins."
    return f"{_COUNTS[election.extract]} {ties}"


def stands_of(ballot: Ballot, drafts: Mapping[str, DraftView]) -> tuple[Stand, ...]:
    """The rows of the panel, the winner's first."""
    stands = _by_likeness if ballot.extract == "medoid" else _by_answer
    missing = tuple(drafts[key] for key in ballot.unparsed)
    rows = [*stands(ballot, drafts)]
    rows.sort(key=lambda stand: not stand.won)
    if missing:
        word = counted(len(missing), "draft")
        rows.append(Stand("no answer found", missing, "0%", word, counts=False))
    return tuple(rows)


def brief_of(ballot: Ballot) -> str:
    """`6 of 10`, for the strip."""
    if ballot.by == "fallback":
        return "no answer found"
    if ballot.winner is None:
        return f"{ballot.counted} of {len(ballot.votes)}"
    if ballot.extract == "medoid":
        return f"1 of {len(ballot.votes)}"
    return f"{max(ballot.counts.values())} of {len(ballot.votes)}"


def _by_answer(ballot: Ballot, drafts: Mapping[str, DraftView]) -> Iterator[Stand]:
    for answer, count in ballot.counts.items():
        keys = ballot.voters(answer)
        yield Stand(
            answer,
            tuple(drafts[key] for key in keys),
            f"{100 * count / len(ballot.votes):.4g}%",
            counted(count, "vote"),
            won=ballot.winner in keys and ballot.by != "fallback",
        )


def _by_likeness(ballot: Ballot, drafts: Mapping[str, DraftView]) -> Iterator[Stand]:
    for vote in sorted(ballot.votes, key=lambda vote: -(vote.score or 0)):
        score = vote.score or 0
        yield Stand(
            "",
            (drafts[vote.key],),
            f"{100 * score:.4g}%",
            f"{100 * score:.0f} % alike",
            won=vote.key == ballot.winner,
        )
