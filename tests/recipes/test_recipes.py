"""Recipes: revisions, who sees them, and the presets that ship."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from playground.accounts.access import Viewer
from playground.catalog.models import ModelCard, Provider
from playground.recipes.documents import Document, dump_yaml, load_document
from playground.recipes.models import Recipe, Revision
from playground.recipes.planning import RecipeRefused
from playground.recipes.queries import (
    current_revision,
    current_revisions,
    find_recipe,
    recipes_of,
)
from playground.recipes.services import save_revision
from playground.web.refusals import NotFound
from tests.people import Cast


@pytest.fixture
def fast(db: None) -> ModelCard:
    provider = Provider.objects.create(slug="p", name="P", base_url="https://p.example")
    return ModelCard.objects.create(alias="fast", provider=provider, model="m")


def recipe(slug: str = "one", **more: Any) -> Document:
    content = {
        "schema": "moa-recipe/1",
        "slug": slug,
        "name": slug.title(),
        "layers": [{"kind": "draft", "slots": [{"model": "fast"}]}],
        **more,
    }
    return load_document(dump_yaml(content))


@pytest.mark.usefixtures("fast")
def test_saved_document_is_kept_as_given(cast: Cast) -> None:
    document = recipe(x_note={"b": 1.0, "a": [1, None]})
    saved, revision, is_new = save_revision(cast.team, document, cast.ada)
    assert is_new
    assert (saved.slug, saved.name, revision.number) == ("one", "One", 1)
    assert revision.created_by == cast.ada
    stored = Revision.objects.get()
    assert dump_yaml(stored.document) == dump_yaml(document.content)


@pytest.mark.usefixtures("fast")
def test_equal_document_makes_no_revision(cast: Cast) -> None:
    save_revision(cast.team, recipe(), cast.ada)
    saved, revision, is_new = save_revision(cast.team, recipe(), cast.ben)
    assert (is_new, revision.number, saved.revisions.count()) == (False, 1, 1)


@pytest.mark.usefixtures("fast")
def test_changed_document_is_the_next_revision(cast: Cast) -> None:
    save_revision(cast.team, recipe(), cast.ada)
    saved, revision, _ = save_revision(cast.team, recipe(name="Uno"), cast.ada)
    assert (saved.name, revision.number) == ("Uno", 2)
    assert current_revision(saved) == revision
    assert Recipe.objects.count() == 1


@pytest.mark.usefixtures("fast")
def test_bad_recipe_is_refused_with_path_and_line(cast: Cast) -> None:
    document = load_document(
        "schema: moa-recipe/1\nslug: one\nname: One\nlayers:\n  - kind: draft\n"
        "    slots:\n      - model: fast\n        params:\n          temperature: -1\n"
        "        colour: red\n"
    )
    with pytest.raises(RecipeRefused) as caught:
        save_revision(cast.team, document, cast.ada)
    assert [path for path, _ in caught.value.problems] == [
        "layers[0].slots[0].params.temperature (line 9)",
        "layers[0].slots[0].colour (line 10)",
    ]
    assert not Recipe.objects.exists()


def test_unknown_alias_is_refused_by_name(cast: Cast) -> None:
    with pytest.raises(RecipeRefused) as caught:
        save_revision(cast.team, recipe(), cast.ada)
    [(path, message)] = caught.value.problems
    assert path.startswith("layers[0].slots[0].model (line ")
    assert "fast" in message


@pytest.mark.usefixtures("fast")
def test_recipe_is_not_found_by_strangers(cast: Cast) -> None:
    saved, _, _ = save_revision(cast.team, recipe(), cast.ada)
    assert find_recipe(Viewer(cast.vera), "research", "one") == saved
    for person, slug in ((cast.sten, "one"), (cast.vera, "two")):
        with pytest.raises(NotFound):
            find_recipe(Viewer(person), "research", slug)


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_one_query_and_shows_the_newest(
    cast: Cast, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        save_revision(cast.team, recipe(f"r{number}"), cast.ada)
        save_revision(cast.team, recipe(f"r{number}", description="2"), cast.ada)
    save_revision(cast.elsewhere, recipe("theirs"), cast.sten)
    with django_assert_num_queries(1):
        rows = [
            (row.recipe.team.slug, row.recipe.slug, row.number)
            for row in current_revisions(Viewer(cast.ben))
        ]
    assert rows == [("research", f"r{number}", 2) for number in range(count)]


@pytest.mark.usefixtures("fast")
def test_presets_come_first_in_a_team(cast: Cast) -> None:
    for slug in ("b", "a", "c"):
        save_revision(cast.team, recipe(slug), cast.ada)
    Recipe.objects.filter(slug="c").update(preset=True)
    assert [row.slug for row in recipes_of(cast.team)] == ["c", "a", "b"]
