"""Model cards and endpoints, in the shapes that the engine takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from django.db.models import Prefetch, QuerySet

from playground.catalog.models import Lesson, ModelCard, Price, Provider
from playground.engine import lessons, plan, pricing


def all_cards() -> QuerySet[ModelCard]:
    """Every model card by alias, with its provider and its prices, newest first."""
    # Two queries, however many cards: the newest price is `newest_price(card)`.
    newest_first = Price.objects.order_by("-valid_from", "-pk")
    return (
        ModelCard.objects.select_related("provider")
        .prefetch_related(Prefetch("prices", newest_first))
        .order_by("alias")
    )


def newest_price(card: ModelCard) -> Price | None:
    """What the model costs now; None is unpriced. Takes a card of `all_cards`."""
    prices = cast("Sequence[Price]", card.prices.all())
    return prices[0] if prices else None


def known_aliases() -> frozenset[str]:
    """Every alias of the catalogue."""
    return frozenset(ModelCard.objects.values_list("alias", flat=True))


def names_of_models() -> dict[str, str]:
    """What the provider calls each alias's model."""
    return dict(ModelCard.objects.order_by("alias").values_list("alias", "model"))


def cards_for(aliases: Iterable[str]) -> dict[str, plan.Card]:
    """The engine's cards of these aliases, with today's prices; unknown ones absent."""
    cards = all_cards().filter(alias__in=set(aliases))
    return {card.alias: _engine_card(card) for card in cards}


def places_of(providers: Iterable[str]) -> dict[str, int]:
    """How many calls each of these providers takes at once, by slug, where it limits them."""
    found = Provider.objects.filter(slug__in=set(providers), max_parallel__gt=0)
    return dict(found.values_list("slug", "max_parallel"))


def lessons_of(models: Iterable[str]) -> dict[tuple[str, str], set[lessons.Lesson]]:
    """By provider and model, what is known of models with these names."""
    rows = Lesson.objects.filter(model__in=set(models)).values_list(
        "provider__slug", "model", "field", "instead"
    )
    found: dict[tuple[str, str], set[lessons.Lesson]] = {}
    for provider, model, field, instead in rows.order_by():
        known = found.setdefault((provider, model), set())
        known.add(lessons.Lesson(field, instead))
    return found


def _engine_card(card: ModelCard) -> plan.Card:
    price = newest_price(card)
    return plan.Card(
        alias=card.alias,
        provider=card.provider.slug,
        model=card.model,
        context=card.context,
        max_output=card.max_output,
        price=None if price is None else engine_price(price),
    )


def engine_price(price: Price) -> pricing.Price:
    """A stored price as the engine counts with it."""
    return pricing.Price(
        input=price.input,
        cached_input=price.cached_input,
        output=price.output,
        tiers=tuple(pricing.Tier.from_json(tier) for tier in price.tiers),
    )
