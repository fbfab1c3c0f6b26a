"""Models and recipes that pages have to offer."""

from __future__ import annotations

from typing import Any

import pytest

from playground.accounts.models import Team
from playground.catalog.models import ModelCard, Provider
from playground.recipes.models import Recipe, Revision
from tests.runs.factories import DOCUMENT

pytestmark = pytest.mark.django_db


def a_catalogue(*aliases: str) -> None:
    provider, _ = Provider.objects.get_or_create(
        slug="stub", defaults={"base_url": "http://127.0.0.1:9001/v1"}
    )
    for alias in aliases:
        ModelCard.objects.get_or_create(alias=alias, provider=provider, model="m")


def a_recipe(slug: str = "two", **more: Any) -> Revision:
    team = Team.objects.get(slug="research")
    recipe, _ = Recipe.objects.get_or_create(team=team, slug=slug, name=slug)
    document = {**DOCUMENT, "slug": slug, **more}
    return Revision.objects.create(recipe=recipe, number=1, document=document)
