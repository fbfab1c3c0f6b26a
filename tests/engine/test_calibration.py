"""A threshold from past scores: the one whose share is nearest to what is wanted."""

from __future__ import annotations

import pytest

from playground.engine.calibration import ENOUGH, Bar, bars_of, calibrated, share_above

# A hundred prompts: 40 easy, 30 middling, 20 hard, 10 very hard.
SCORES = [1.0] * 40 + [2.0] * 30 + [4.0] * 20 + [5.0] * 10


@pytest.mark.parametrize(
    ("share", "threshold"),
    [
        (0, 5),
        (0.1, 5),
        (0.19, 5),
        (0.21, 4),
        (0.3, 4),
        (0.44, 4),
        (0.5, 2),
        (0.9, 1),
        (1, 1),
    ],
)
def test_threshold_is_the_one_whose_share_is_nearest(
    share: float, threshold: float
) -> None:
    assert calibrated(SCORES, share) == threshold


def test_of_two_as_near_the_higher_one_is_taken() -> None:
    assert calibrated([1.0, 3.0] * 10, 0.75) == 3


def test_many_scores_give_the_quantile() -> None:
    """As RouteLLM does where every score is another: the 0.7 quantile for 30 %."""
    scores = [number / 1000 for number in range(1000)]
    threshold = calibrated(scores, 0.3)
    assert threshold == 0.7
    assert share_above(scores, threshold) == 0.3


def test_too_few_scores_give_none() -> None:
    assert calibrated([3.0] * (ENOUGH - 1), 0.3) is None
    assert calibrated([], 0.3) is None
    assert calibrated([3.0] * ENOUGH, 0.3) == 3


def test_share_counts_the_threshold_itself() -> None:
    assert share_above(SCORES, 4) == 0.3
    assert share_above(SCORES, 4.01) == 0.1
    assert share_above(SCORES, 6) == 0


def test_few_scores_have_a_bar_each() -> None:
    assert bars_of(SCORES) == (
        Bar(1, 1, 40),
        Bar(2, 2, 30),
        Bar(4, 4, 20),
        Bar(5, 5, 10),
    )
    assert bars_of([]) == ()


def test_many_scores_share_bars_and_none_is_lost() -> None:
    bars = bars_of([float(number) for number in range(120)])
    assert len(bars) == 12
    assert sum(bar.count for bar in bars) == 120
    assert (bars[0].low, round(bars[-1].high)) == (0, 119)
