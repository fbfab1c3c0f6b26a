"""Elects one of several drafts without a model: the majority's, or the most typical.

Self-consistency (Wang et al. 2022, arXiv 2203.11171) counts answers. The medoid is the
sampling-and-voting of "More Agents Is All You Need" (Li et al. 2024): the draft whose
summed likeness to all others is greatest. They use BLEU; here it is the longest common
subsequence of words, 2·LCS / (m + n), which is ROUGE-L's F1. It is symmetric, so half of
the comparisons do, and rapidfuzz computes it in C++, typed and with nothing beside it;
sacrebleu is Python with numpy and lxml, and some hundred times slower.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import combinations

from rapidfuzz.distance import Indel

from playground.engine.ballots import Ballot, Decider, Vote
from playground.engine.extraction import answer_in
from playground.engine.prompts import without_thoughts
from playground.engine.shapes import Election

# Enough to tell drafts apart; a hundred of them are compared in a third of a second.
MOST_WORDS = 1000
# Scripts without spaces between words are compared character by character.
_WORD = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\u0e00-\u0eff]|[^\W_]+|[^\w\s]")


def hold_vote(election: Election, texts: Mapping[str, str]) -> Ballot:
    """The vote on drafts by their keys, in their order. Without an answer nobody wins."""
    said = {key: without_thoughts(text) for key, text in texts.items()}
    if election.extract == "medoid":
        return _medoid(election, said)
    votes = tuple(
        Vote(key, answer_in(text, election.extract, election.pattern))
        for key, text in said.items()
    )
    counts = Ballot(election.extract, votes, None, "none").counts
    most = max(counts.values(), default=0)
    tied = tuple(answer for answer, count in counts.items() if count == most)
    standing = [vote.key for vote in votes if vote.answer in tied]
    winner = _first_of(election, standing, said)
    return Ballot(
        election.extract,
        votes,
        winner,
        _decider(election, tied),
        tied if len(tied) > 1 else (),
    )


def is_decided(
    election: Election, texts: Mapping[str, str], coming: int, *, needed: int
) -> bool:
    """True when no drafts that are still to come can change the answer, not even to a tie.

    `needed` is how many drafts must have an answer for the vote to be one.
    """
    if election.extract == "medoid" or len(texts) < needed:
        return False
    counts = sorted(hold_vote(election, texts).counts.values(), reverse=True)
    if sum(counts) < needed:
        return False
    first, second = [*counts, 0, 0][:2]
    return first - second > coming


def _decider(election: Election, tied: Sequence[str]) -> Decider:
    if not tied:
        return "none"
    return "majority" if len(tied) == 1 else election.ties


def _first_of(
    election: Election, keys: Sequence[str], said: Mapping[str, str]
) -> str | None:
    """Of drafts that stand equal the first, or the shortest, by the layer's rule."""
    if not keys:
        return None
    if election.ties == "shortest":
        return min(keys, key=lambda key: len(said[key]))
    return keys[0]


def _medoid(election: Election, said: Mapping[str, str]) -> Ballot:
    scores = _likeness(said)
    best = max(scores.values(), default=0.0)
    standing = [key for key, score in scores.items() if score == best]
    by: Decider = "similarity" if scores else "none"
    if len(standing) > 1:
        by = election.ties
    votes = tuple(Vote(key, None, round(score, 6)) for key, score in scores.items())
    tied = tuple(standing) if len(standing) > 1 else ()
    return Ballot("medoid", votes, _first_of(election, standing, said), by, tied)


def _likeness(said: Mapping[str, str]) -> dict[str, float]:
    """By draft, its mean likeness to the others, from 0 to 1; a lone draft's is 1."""
    words = {key: _words(text) for key, text in said.items()}
    sums = dict.fromkeys(words, 0.0)
    for one, other in combinations(words, 2):
        likeness = Indel.normalized_similarity(words[one], words[other])
        sums[one] += likeness
        sums[other] += likeness
    others = len(words) - 1
    # Rounded: sums of the same parts in another order may differ in their last bit.
    return {key: round(sums[key] / others, 9) if others else 1.0 for key in words}


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())[:MOST_WORDS]
