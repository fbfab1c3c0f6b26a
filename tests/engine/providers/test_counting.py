"""Token counts: many names, last one wins, nonsense is none."""

from __future__ import annotations

from typing import Any

import pytest

from playground.engine.providers.counting import Counter
from playground.engine.usage import Usage


def _count(*seen: Any) -> Usage | None:
    counter = Counter()
    for usage in seen:
        counter.read(usage)
    return counter.usage()


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 5, "completion_tokens": 7}, Usage(5, 0, 7, 0)),
        ({"input_tokens": 5, "output_tokens": 7}, Usage(5, 0, 7, 0)),
        (
            {"prompt_tokens": 5.0, "completion_tokens": 7, "cached_tokens": 2},
            Usage(5, 2, 7, 0),
        ),
        (
            {"prompt_tokens": 5, "completion_tokens": 7, "prompt_cache_hit_tokens": 3},
            Usage(5, 3, 7, 0),
        ),
        (
            {
                "input_tokens": 9,
                "output_tokens": 8,
                "input_tokens_details": {"cached_tokens": 4},
                "output_tokens_details": {"reasoning_tokens": 6},
            },
            Usage(9, 4, 8, 6),
        ),
        # Thoughts only in the total, as some count them.
        (
            {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 32},
            Usage(5, 0, 27, 20),
        ),
        # More cached than sent cannot be.
        (
            {"prompt_tokens": 5, "completion_tokens": 7, "cached_tokens": 50},
            Usage(5, 5, 7, 0),
        ),
        (
            {
                "prompt_tokens": 5,
                "completion_tokens": 7,
                "prompt_tokens_details": None,
                "completion_tokens_details": {"reasoning_tokens": None},
            },
            Usage(5, 0, 7, 0),
        ),
    ],
)
def test_usage_is_read_under_many_names(usage: Any, expected: Usage) -> None:
    assert _count(usage) == expected


@pytest.mark.parametrize(
    "usage",
    [
        None,
        "many",
        [],
        {},
        {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": 5},
        {"completion_tokens": 5},
        {"prompt_tokens": -5, "completion_tokens": 5},
        {"prompt_tokens": True, "completion_tokens": 5},
        {"prompt_tokens": "5", "completion_tokens": 5},
        {"prompt_tokens": 10**18, "completion_tokens": 5},
        {"prompt_tokens": float("nan"), "completion_tokens": 5},
    ],
)
def test_usage_that_says_nothing_is_none(usage: Any) -> None:
    assert _count(usage) is None


def test_later_fields_win_and_others_stay() -> None:
    first = {"prompt_tokens": 5, "completion_tokens": 1}
    assert _count(first, {"completion_tokens": 4}, None) == Usage(5, 0, 4, 0)
