"""What a team can run: its recipes, and the presets whose names it has not taken."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from pytest_django import DjangoAssertNumQueries

from playground.accounts.access import Viewer
from playground.catalog.models import ModelCard, Provider
from playground.recipes.copies import begin_copy, new_copy, problems_of, save_copy
from playground.recipes.documents import Document
from playground.recipes.models import Recipe, Revision
from playground.recipes.offers import (
    NoModels,
    Offer,
    find_offer,
    keep,
    offers_of,
    open_recipe,
    unmade_presets,
)
from playground.recipes.presets.files import SLUGS
from playground.recipes.services import archive, save_revision
from playground.web.refusals import NotFound
from tests.people import Cast

OWN: dict[str, Any] = {
    "schema": "moa-recipe/1",
    "slug": "self-moa",
    "name": "Ours",
    "layers": [{"kind": "draft", "slots": [{"model": "big"}]}],
}


def card(alias: str, size: str = "70B") -> ModelCard:
    provider, _ = Provider.objects.get_or_create(
        slug="p", defaults={"name": "P", "base_url": "https://p.example"}
    )
    return ModelCard.objects.create(
        alias=alias, provider=provider, model="m", size=size
    )


@pytest.fixture
def big(db: None) -> ModelCard:
    return card("big")


def models(revision: Revision) -> list[str]:
    return [
        slot["model"]
        for layer in revision.document["layers"]
        for slot in layer.get("slots", ())
    ]


@pytest.mark.usefixtures("big")
def test_every_preset_is_offered_in_its_order_and_nothing_is_written(
    cast: Cast,
) -> None:
    save_revision(cast.team, Document({**OWN, "slug": "ours"}, ""), cast.ada)
    offers = offers_of(Viewer(cast.vera), cast.team)
    assert [offer.recipe.slug for offer in offers] == [*SLUGS, "ours"]
    assert [offer.bound is None for offer in offers] == [False] * len(SLUGS) + [True]
    assert Recipe.objects.count() == 1


@pytest.mark.usefixtures("big")
def test_offers_take_as_many_queries_for_many_recipes(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (1, 3):
        for number in range(count):
            slug = f"r{number}"
            save_revision(cast.team, Document({**OWN, "slug": slug}, ""), cast.ada)
        with django_assert_num_queries(3):
            offers_of(Viewer(cast.vera), cast.team)


@pytest.mark.usefixtures("big")
def test_preset_is_made_at_its_first_use_and_again_is_the_same(cast: Cast) -> None:
    first = keep(find_offer(Viewer(cast.ben), "research", "self-moa"))
    assert (first.recipe.team, first.recipe.slug, first.number) == (
        cast.team,
        "self-moa",
        1,
    )
    assert (first.recipe.preset, first.created_by) == (True, None)
    assert first.document["name"].startswith("Self-MoA")
    assert keep(find_offer(Viewer(cast.ben), "research", "self-moa")) == first
    assert Revision.objects.count() == Recipe.objects.count() == 1
    assert "self-moa" not in [each.slug for each in unmade_presets(cast.team)]
    offers = offers_of(Viewer(cast.ben), cast.team)
    assert [offer.recipe.slug for offer in offers] == list(SLUGS)


def test_strangers_find_no_preset_and_others_no_team(cast: Cast, big: Any) -> None:
    for person, team, slug in (
        (cast.sten, "research", "single"),
        (cast.ada, "research", "nonsense"),
        (cast.ada, "nowhere", "single"),
        (cast.ada, "research", "sin\0gle"),
    ):
        with pytest.raises(NotFound):
            find_offer(Viewer(person), team, slug)
    assert not Recipe.objects.exists()


def test_without_a_model_nothing_is_offered_and_the_refusal_says_why(
    cast: Cast,
) -> None:
    assert offers_of(Viewer(cast.ada), cast.team) == []
    with pytest.raises(NoModels, match="“single” has no model to run on"):
        find_offer(Viewer(cast.ada), "research", "single")


@pytest.mark.usefixtures("big")
def test_preset_is_bound_anew_when_the_models_change(cast: Cast) -> None:
    viewer = Viewer(cast.ben)
    first = keep(find_offer(viewer, "research", "moa-lite-2-1"))
    assert models(first) == ["big", "big", "big"]
    card("giant", "400B")
    offer = next(
        each
        for each in offers_of(viewer, cast.team)
        if each.recipe.slug == "moa-lite-2-1"
    )
    assert (offer.revision.pk, offer.revision.number) == (None, 2)
    second = keep(offer)
    assert (second.recipe, second.number) == (first.recipe, 2)
    assert models(second) == ["giant", "big", "giant"]
    first.refresh_from_db()
    assert models(first) == ["big", "big", "big"]


@pytest.mark.usefixtures("big")
def test_preset_that_somebody_edits_is_the_teams_own(cast: Cast) -> None:
    viewer = Viewer(cast.ben)
    recipe = open_recipe(viewer, "research", "self-moa")
    copy = begin_copy(viewer, recipe)
    copy.document = {**copy.document, "name": "Our own"}
    saved = save_copy(copy, cast.ben)
    card("giant", "400B")
    offer = find_offer(viewer, "research", "self-moa")
    assert (offer.revision, offer.bound) == (saved, None)
    recipe.refresh_from_db()
    assert (recipe.preset, recipe.name) == (False, "Our own")


@pytest.mark.usefixtures("big")
def test_recipe_of_that_name_goes_before_the_preset(cast: Cast) -> None:
    _, revision, _ = save_revision(cast.team, Document(OWN, ""), cast.ada)
    assert keep(find_offer(Viewer(cast.ada), "research", "self-moa")) == revision
    theirs = find_offer(Viewer(cast.sten), "elsewhere", "self-moa")
    assert theirs.bound is not None


@pytest.mark.usefixtures("big")
def test_what_was_saved_while_a_preset_was_being_used_is_left_alone(
    cast: Cast,
) -> None:
    offer = find_offer(Viewer(cast.ada), "research", "self-moa")
    _, revision, _ = save_revision(cast.team, Document(OWN, ""), cast.ada)
    assert keep(offer) == revision
    assert Revision.objects.count() == 1


@pytest.mark.usefixtures("big")
def test_preset_that_is_put_away_is_not_offered(cast: Cast) -> None:
    recipe = open_recipe(Viewer(cast.ada), "research", "single")
    archive(recipe)
    card("giant", "400B")
    slugs = [each.recipe.slug for each in offers_of(Viewer(cast.ada), cast.team)]
    assert slugs == [slug for slug in SLUGS if slug != "single"]
    kept = find_offer(Viewer(cast.ada), "research", "single")
    assert (kept.revision.number, kept.bound) == (1, None)


@pytest.mark.usefixtures("big")
@pytest.mark.parametrize("used", [False, True])
def test_team_may_take_the_name_of_a_preset(cast: Cast, *, used: bool) -> None:
    viewer = Viewer(cast.ada)
    if used:
        open_recipe(viewer, "research", "self-moa")
    copy = new_copy(viewer, cast.team, OWN)
    assert problems_of(copy) == []
    saved = save_copy(copy, cast.ada)
    assert find_offer(viewer, "research", "self-moa").revision == saved
    assert Recipe.objects.get().preset is False


@pytest.mark.locks
@pytest.mark.django_db(transaction=True)
def test_four_at_once_make_one_revision(cast: Cast) -> None:
    card("big")
    offers = [find_offer(Viewer(cast.ben), "research", "self-moa") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        kept = set(pool.map(_kept, offers))
    assert kept == {Revision.objects.get().pk}
    assert Recipe.objects.count() == 1


def _kept(offer: Offer) -> int:
    try:
        return keep(offer).pk
    finally:
        connections.close_all()
