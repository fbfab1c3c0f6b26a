"""The catalogue's models as candidates for the seats of presets."""

from __future__ import annotations

from playground.catalog.models import ModelCard
from playground.catalog.names import family_in, size_in
from playground.recipes.presets.casting import Candidate


def models_at_hand() -> list[Candidate]:
    """Every model of the catalogue, by alias. One query."""
    return [candidate_of(card) for card in ModelCard.objects.order_by("alias")]


def candidate_of(card: ModelCard) -> Candidate:
    """A card as the casting sees it; what it leaves out is read from the model's name."""
    return Candidate(
        alias=card.alias,
        family=card.family or family_in(card.model),
        size=card.size or size_in(card.model),
        reasoning=card.reasoning,
        good_at=tuple(card.good_at),
        context=card.context,
        max_output=card.max_output,
    )
