"""One spelling of amounts on every page."""

from __future__ import annotations

from decimal import Decimal

import pytest

from playground.web.formats import counted, dollars, listed, money, ordinal, seconds


@pytest.mark.parametrize(
    ("nanos", "shown"),
    [
        (None, "\N{EN DASH}"),
        (0, "$0"),
        (12_000, "$0.000012"),
        (14_200_000, "$0.0142"),
        (1_500_000_000, "$1.50"),
        (1_234_500_000_000, "$1,234.50"),
    ],
)
def test_money_keeps_what_counts(nanos: int | None, shown: str) -> None:
    assert money(nanos) == shown


@pytest.mark.parametrize(
    ("ms", "shown"),
    [
        (None, "\N{EN DASH}"),
        (6_140, "6.1 s"),
        (72_000, "1 min 12 s"),
        (7_500_000, "2 h 05 min"),
    ],
)
def test_seconds_grow_into_minutes(ms: int | None, shown: str) -> None:
    assert seconds(ms) == shown


def test_dollars_show_cents_at_least() -> None:
    shown = [dollars(Decimal(amount)) for amount in ("0.5", "0.005", "20")]
    assert shown == ["$0.50", "$0.005", "$20.00"]


def test_words_agree_with_numbers() -> None:
    assert (counted(1, "call"), counted(2, "call")) == ("1 call", "2 calls")
    assert listed(["A", "B", "C"]) == "A, B and C"
    assert (ordinal(2), ordinal(9)) == ("second", "9th")
