"""Model cards, prices and base URLs."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from playground.catalog.models import ModelCard, Price, Provider
from playground.catalog.queries import all_cards, cards_for, newest_price
from playground.catalog.services import base_url_fault, save_price
from playground.engine import plan, pricing

CHEAP = pricing.Price(input=Decimal("0.15"), output=Decimal("0.6"))
DEAR = pricing.Price(
    input=Decimal(3),
    output=Decimal(15),
    cached_input=Decimal("0.3"),
    tiers=(pricing.Tier(above=200_000, input=Decimal(6), output=Decimal("22.5")),),
)


@pytest.fixture
def provider(db: None) -> Provider:
    return Provider.objects.create(slug="p", name="P", base_url="https://p.example/v1")


def make_card(provider: Provider, alias: str) -> ModelCard:
    return ModelCard.objects.create(
        alias=alias, provider=provider, model=f"m-{alias}", context=1000, max_output=100
    )


def test_engine_card_holds_the_newest_price(provider: Provider) -> None:
    card = make_card(provider, "fast")
    save_price(card, CHEAP)
    save_price(card, DEAR)
    assert cards_for(["fast", "unknown"]) == {
        "fast": plan.Card(
            alias="fast",
            provider="p",
            model="m-fast",
            context=1000,
            max_output=100,
            price=DEAR,
        )
    }


def test_card_without_price_is_unpriced(provider: Provider) -> None:
    make_card(provider, "fast")
    assert cards_for(["fast"])["fast"].price is None


def test_price_row_is_added_only_on_a_change(provider: Provider) -> None:
    card = make_card(provider, "fast")
    outcomes = [save_price(card, price) for price in (CHEAP, CHEAP, DEAR, None, CHEAP)]
    assert outcomes == [True, False, True, False, True]
    assert Price.objects.count() == 3


@pytest.mark.parametrize("count", [1, 3])
def test_cards_take_two_queries_however_many(
    provider: Provider, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        save_price(make_card(provider, f"m{number}"), CHEAP)
    with django_assert_num_queries(2):
        assert len(cards_for(f"m{number}" for number in range(count))) == count
    with django_assert_num_queries(2):
        assert all(newest_price(card) for card in all_cards())


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("https://api.example/v1", False),
        ("http://api.example:8080", False),
        ("https://8.8.8.8/v1", False),
        ("http://127.0.0.1:9001/v1", True),
        ("http://[::1]:9001/v1", True),
        ("http://10.0.0.7/v1", True),
        ("http://localhost:11434/v1", True),
    ],
)
def test_base_url_is_taken(url: str, local: bool) -> None:
    assert base_url_fault(url, local=local) == ""


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("ftp://api.example", "http://"),
        ("api.example/v1", "http://"),
        ("https://", "name a host"),
        ("https://user:pw@api.example/v1", "credential"),
        ("https://api.example@evil.example/", "credential"),
        ("https://api.example/v1?key=1", "query"),
        ("https://api.example/v1#x", "fragment"),
        ("https://api.example/v1?", "query"),
        ("https://api.example:x/v1", "URL"),
        ("https://api.example\\@evil.example/", "backslashes"),
        ("https://api.exam ple/", "spaces"),
        ("http://127.0.0.1:9001/v1", "private"),
        ("http://127.1/v1", "private"),
        ("http://2130706433/v1", "private"),
        ("http://0x7f.1/v1", "private"),
        ("http://0x7f000001/v1", "private"),
        ("http://[::1]/v1", "private"),
        ("http://[::ffff:169.254.169.254]/", "private"),
        ("http://169.254.169.254/latest", "private"),
        ("http://192.168.1.1/v1", "private"),
        ("http://localhost:11434/v1", "private"),
        ("http://api.localhost/v1", "private"),
    ],
)
def test_base_url_is_refused_without_local(url: str, part: str) -> None:
    assert part in base_url_fault(url, local=False)
