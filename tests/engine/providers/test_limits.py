"""Limits, buckets and lines: how much a provider takes, and whose turn it is."""

from __future__ import annotations

from itertools import pairwise

import pytest

from playground.engine.providers.limits import Bucket, Limits, Line
from playground.engine.providers.wire import Endpoint


def _admitted_at(rate: int, calls: int) -> list[float]:
    now, times = 0.0, []
    bucket = Bucket(rate, now)
    for _ in range(calls):
        while wait := bucket.wait(now):
            now += wait
        bucket.take()
        times.append(now)
    return times


@pytest.mark.parametrize("rate", [1, 2, 7, 60, 600])
def test_no_window_of_a_minute_holds_more_than_the_rate(rate: int) -> None:
    times = _admitted_at(rate, 2 * rate + 3)
    windows = [sum(t <= other < t + 59.999 for other in times) for t in times]
    assert max(windows) <= rate


def test_pace_is_smooth_after_the_first_tenth() -> None:
    times = _admitted_at(60, 12)
    assert times[:6] == [0.0] * 6
    gaps = [later - sooner for sooner, later in pairwise(times[5:])]
    assert gaps == pytest.approx([60 / 54] * 6)


def test_bucket_makes_up_for_what_was_taken_too_much() -> None:
    bucket = Bucket(600, 0.0)
    bucket.take(600)
    assert bucket.wait(0.0) == pytest.approx((600 - 60 + 1) / 9)
    bucket.take(-500)
    assert bucket.wait(0.0) == pytest.approx((100 - 60 + 1) / 9)


def test_bucket_that_begins_empty_admits_at_its_rate() -> None:
    assert Bucket(60, 0.0, full=False).wait(0.0) == pytest.approx(60 / 54)


def test_line_gives_each_run_its_turn_and_keeps_the_order_within() -> None:
    line: Line[str] = Line()
    for who in ("a1", "a2", "a3", "b1", "c1", "c2"):
        line.join(who[0], who)
    assert [line.next() for _ in range(3)] == ["a1", "b1", "c1"]
    line.join("b", "b2")
    assert [line.next() for _ in range(5)] == ["a2", "c2", "b2", "a3", None]


def test_line_forgets_who_leaves() -> None:
    line: Line[str] = Line()
    for who in ("a1", "a2", "b1"):
        line.join(who[0], who)
    line.leave("a", "a1")
    line.leave("b", "b1")
    line.leave("c", "c1")
    assert (line.head(), line.next(), line.next(), bool(line)) == (
        "a2",
        "a2",
        None,
        False,
    )


def test_limits_of_nought_are_none() -> None:
    endpoint = Endpoint("stub", "http://x/v1", max_parallel=0, requests_per_minute=0)
    assert Limits.of(endpoint).is_none


def test_share_is_an_equal_part_and_never_none_of_it() -> None:
    assert Limits(4, None, 1000).share(3) == Limits(1, None, 333)
    assert Limits(1, 2).share(5) == Limits(1, 1)
