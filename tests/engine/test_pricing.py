from __future__ import annotations

from decimal import Decimal

from playground.engine.pricing import Price, Tier, nanos_of
from playground.engine.usage import Usage

PLAIN = Price(Decimal("2.50"), Decimal(10), Decimal("1.25"))
TIERED = Price(
    Decimal(1), Decimal(2), None, (Tier(1000, Decimal(3), Decimal(1), Decimal(4)),)
)


def test_cost_is_exact_in_nano_dollars() -> None:
    assert PLAIN.cost(Usage(tokens_in=1000, tokens_out=10)) == 2_600_000


def test_cached_tokens_have_their_own_rate() -> None:
    assert PLAIN.cost(Usage(tokens_in=1000, cached=400)) == 2_000_000
    assert TIERED.cost(Usage(tokens_in=10, cached=4)) == 10_000
    assert PLAIN.cost(Usage(tokens_in=4, cached=9)) == 5_000


def test_cost_is_rounded_up_once() -> None:
    dust = Price(Decimal("0.000000000001"), Decimal("0.000000000001"))
    assert dust.cost(Usage(tokens_in=1, tokens_out=1)) == 1
    assert dust.cost(Usage()) == 0


def test_tier_counts_beyond_its_prompt_size() -> None:
    assert TIERED.cost(Usage(tokens_in=1000, tokens_out=1)) == 1_002_000
    assert TIERED.cost(Usage(tokens_in=1001, tokens_out=1)) == 3_004_000


def test_ceiling_takes_the_dearest_tier_that_can_be_reached() -> None:
    assert TIERED.ceiling(1000, 500) == 2_000_000
    assert TIERED.ceiling(1001, 500) == 1001 * 4000 + 500_000
    cheaper = Price(Decimal(1), Decimal(9), None, (Tier(10, Decimal(1), Decimal(1)),))
    assert cheaper.ceiling(20, 100) == 920_000


def test_price_survives_json() -> None:
    for price in (
        PLAIN,
        TIERED,
        Price(Decimal(0), Decimal(0), None, (Tier(1, Decimal(1), Decimal(1)),)),
    ):
        assert Price.from_json(price.to_json()) == price
    assert Price.from_json({"input": 0.15, "output": "0.6"}) == Price(
        Decimal("0.15"), Decimal("0.6")
    )


def test_limit_is_never_rounded_up() -> None:
    assert nanos_of(Decimal("0.0000000019")) == 1
