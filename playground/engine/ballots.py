"""What a vote came to: who stood for which answer, which draft won, and by what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Extract = Literal["exact", "number", "choice", "regex", "medoid"]
Ties = Literal["first", "shortest"]
Decider = Literal["majority", "first", "shortest", "similarity", "fallback", "none"]
NO_VOTE = (
    "no draft has an answer that could be counted: the first draft stands as it is"
)


@dataclass(frozen=True, slots=True)
class Vote:
    """One draft's vote. No `answer`: none was found. `score` is a medoid's likeness."""

    key: str
    answer: str | None = None
    score: float | None = None

    @property
    def counts(self) -> bool:
        """False for a draft that had nothing to count."""
        return self.answer is not None or self.score is not None


@dataclass(frozen=True, slots=True)
class Ballot:
    """All votes in the order of the drafts; `by` is what decided for the winner.

    `tied` are the answers that had the most votes, where there were several, or the
    drafts that are equally like the others.
    """

    extract: Extract
    votes: tuple[Vote, ...]
    winner: str | None
    by: Decider
    tied: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many stood for each answer, the most first, then as they came."""
        found = Counter(vote.answer for vote in self.votes if vote.answer is not None)
        return dict(found.most_common())

    @property
    def counted(self) -> int:
        """How many drafts had something to count."""
        return sum(vote.counts for vote in self.votes)

    @property
    def unparsed(self) -> tuple[str, ...]:
        """The drafts in which no answer was found."""
        return tuple(vote.key for vote in self.votes if not vote.counts)

    def voters(self, answer: str) -> tuple[str, ...]:
        """The drafts that stand for an answer."""
        return tuple(vote.key for vote in self.votes if vote.answer == answer)

    @property
    def notes(self) -> tuple[str, ...]:
        """The vote in sentences, for people and exports."""
        return tuple(_sentences(self))

    def to_json(self) -> dict[str, Any]:
        """The ballot as the journal, the feed and the export have it."""
        return {
            "extract": self.extract,
            "winner": self.winner,
            "by": self.by,
            "tied": list(self.tied),
            "counts": self.counts,
            "unparsed": list(self.unparsed),
            "votes": [
                {"key": vote.key, "answer": vote.answer, "score": vote.score}
                for vote in self.votes
            ],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Ballot:
        """The inverse of `to_json`."""
        votes = tuple(Vote(**vote) for vote in stored["votes"])
        tied = tuple(stored["tied"])
        return cls(stored["extract"], votes, stored["winner"], stored["by"], tied)


def _sentences(ballot: Ballot) -> Iterator[str]:
    yield _verdict(ballot)
    for answer, count in ballot.counts.items():
        yield f"{count} for {answer}: {', '.join(ballot.voters(answer))}"
    scored = [vote for vote in ballot.votes if vote.score is not None]
    if scored:
        told = (f"{vote.key} {vote.score:.3f}" for vote in scored)
        yield f"mean likeness to the others: {', '.join(told)}"
    if ballot.unparsed:
        yield f"{len(ballot.unparsed)} without an answer: {', '.join(ballot.unparsed)}"


def _verdict(ballot: Ballot) -> str:
    if ballot.by == "fallback":
        return NO_VOTE
    if ballot.by == "none":
        total = len(ballot.votes)
        return f"the vote failed: an answer was found in {ballot.counted} of {total}"
    if ballot.by == "similarity":
        return f"{ballot.winner} won: of all drafts it is most like the others"
    if ballot.extract == "medoid":
        rule = f"the {ballot.by} of them wins (ties: {ballot.by})"
        return f"{ballot.winner} won: {len(ballot.tied)} drafts are most like the others, and {rule}"
    most = max(ballot.counts.values())
    won = f"{ballot.winner} won with {most} of {len(ballot.votes)} votes"
    if ballot.by == "majority":
        return won
    tied = " and ".join(ballot.tied)
    rule = "the first draft" if ballot.by == "first" else "the shortest draft"
    return f"{won}; tied were {tied}, and {rule} of them wins (ties: {ballot.by})"
