"""What a package knows of models, and what it must not be taken for."""

from __future__ import annotations

from decimal import Decimal

import pytest

from playground.catalog.suggestions import Suggestion, suggest
from playground.engine.pricing import Price

OPENAI = "https://api.openai.com/v1"
MINI = Price(input=Decimal("0.25"), output=Decimal(2), cached_input=Decimal("0.025"))


def test_model_of_a_known_provider_is_known_whole() -> None:
    assert suggest("gpt-5-mini", base_url=OPENAI) == Suggestion(
        family="GPT",
        size="small",
        reasoning=True,
        context=400_000,
        max_output=128_000,
        price=MINI,
    )


@pytest.mark.parametrize(
    "base_url",
    ["http://127.0.0.1:9/v1", "https://api.openai.com.example.org:1/v1", "https:///"],
)
def test_price_is_the_providers_own_or_none(base_url: str) -> None:
    known = suggest("gpt-5-mini", base_url=base_url)
    is_theirs = "api.openai.com." in base_url
    assert (known.reasoning, known.context) == (True, 400_000)
    assert (known.price is None) is not is_theirs


@pytest.mark.parametrize(
    ("model", "base_url", "reasoning"),
    [
        ("openai/gpt-5-mini", "https://openrouter.ai/api/v1", True),
        ("openai/gpt-5-mini:free", "https://openrouter.ai/api/v1", True),
        ("GPT-4o", OPENAI, False),
        ("vendor/quick-1", OPENAI, None),
        ("", OPENAI, None),
    ],
)
def test_name_is_found_with_and_without_its_vendor(
    model: str, base_url: str, reasoning: bool | None
) -> None:
    assert suggest(model, base_url=base_url).reasoning is reasoning


def test_of_an_unknown_model_its_name_still_tells() -> None:
    known = suggest("mine/llama-9-33b-tuned", base_url="http://10.0.0.1/v1")
    assert known == Suggestion(family="Llama", size="33B")
