"""A threshold for a wanted share of prompts, from the scores that past prompts had.

RouteLLM's `calibrate_threshold` takes the quantile 1 - share of scores on one's own
traffic (Ong et al. 2024, arXiv 2406.18665). Scores of 1 to 5, and of rules, are few and
alike: a quantile between two of them would be no other threshold. So of the scores that
there were the one is taken whose share is nearest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

# With fewer scores a share moves by more than five points with each of them.
ENOUGH = 20
_MOST_BARS = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """How many scores lie from `low` to `high`, both included; alike where they are one."""

    low: float
    high: float
    count: int


def share_above(scores: Sequence[float], threshold: float) -> float:
    """The part of the scores, from 0 to 1, that goes above. There must be any."""
    return sum(score >= threshold for score in scores) / len(scores)


def calibrated(scores: Sequence[float], share: float) -> float | None:
    """The threshold that sends about this share above; None for too few scores.

    Of two that are as near the higher one, which sends fewer the dearer way.
    """
    if len(scores) < ENOUGH:
        return None
    found = sorted(set(scores), reverse=True)
    return min(found, key=lambda each: abs(share_above(scores, each) - share))


def bars_of(scores: Sequence[float]) -> tuple[Bar, ...]:
    """The scores counted: each by itself, or where they are many in parts of one width."""
    counts = Counter(scores)
    if len(counts) <= _MOST_BARS:
        return tuple(Bar(score, score, counts[score]) for score in sorted(counts))
    low, high = min(counts), max(counts)
    width = (high - low) / _MOST_BARS
    places = Counter(min(int((s - low) / width), _MOST_BARS - 1) for s in scores)
    return tuple(
        Bar(low + place * width, low + (place + 1) * width, places[place])
        for place in range(_MOST_BARS)
    )
