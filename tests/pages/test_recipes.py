"""The shelf of recipes and one recipe's page."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from playground.accounts.models import User
from playground.recipes.models import Recipe, Revision
from tests.pages.test_home import a_catalogue, a_recipe
from tests.runs.factories import DOCUMENT, a_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> User:
    """A member who is signed in, with a recipe of two revisions."""
    user = a_member()
    client.force_login(user)
    a_catalogue("fast")
    first = a_recipe()
    newer = {**DOCUMENT, "name": "Two and one, mended"}
    Revision.objects.create(recipe=first.recipe, number=2, document=newer)
    return user


def test_a_recipe_shows_its_newest_revision_as_yaml(client: Client, ada: User) -> None:
    response = client.get("/recipes/research/two/")
    assert "name: Two and one, mended" in response.context["yaml"]
    assert b"Run this" in response.content


def test_an_older_revision_has_its_address(client: Client, ada: User) -> None:
    response = client.get("/recipes/research/two/?revision=1")
    assert response.context["revision"].number == 1


@pytest.mark.parametrize("number", ["9", "x", "-1", "\N{SUPERSCRIPT TWO}"])
def test_a_revision_that_is_not_there_is_not_found(
    client: Client, ada: User, number: str
) -> None:
    response = client.get("/recipes/research/two/", {"revision": number})
    assert response.status_code == 404


def test_a_recipe_is_not_there_for_strangers(client: Client, ada: User) -> None:
    client.force_login(a_member("sten", team="elsewhere"))
    assert client.get("/recipes/research/two/").status_code == 404
    assert client.get("/recipes/").context["choices"] == []


def test_a_model_that_is_gone_is_named_and_nothing_can_be_run(
    client: Client, ada: User
) -> None:
    layers = [{"kind": "draft", "slots": [{"model": "gone"}]}]
    a_recipe("old", layers=layers)
    page = client.get("/recipes/research/old/").content
    assert b"The catalogue has no model gone" in page
    assert b"Run this" not in page


def test_the_shelf_asks_as_often_for_three_recipes_as_for_one(
    client: Client, ada: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(6) as first:
        client.get("/recipes/")
    a_recipe("three")
    a_recipe("four")
    assert Recipe.objects.count() == 3
    with django_assert_max_num_queries(len(first)):
        client.get("/recipes/")
