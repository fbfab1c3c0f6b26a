"""The shelf of recipes and one recipe's page."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from playground.accounts.access import Viewer
from playground.accounts.models import User
from playground.recipes.copies import begin_copy
from playground.recipes.documents import load_document
from playground.recipes.models import Recipe, Revision, WorkingCopy
from tests.pages.stock import a_catalogue, a_recipe
from tests.runs.factories import DOCUMENT, a_member, a_run

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
    response = client.get("/recipes/research/two/?view=yaml")
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
    assert own(client) == {"elsewhere": []}


def own(client: Client) -> dict[str, list[str]]:
    """By team, what the shelf shows of its own recipes."""
    shelves = client.get("/recipes/").context["shelves"]
    return {team.slug: [each.slug for each in recipes] for team, recipes in shelves}


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
    with django_assert_max_num_queries(19) as first:
        client.get("/recipes/")
    a_recipe("three")
    a_recipe("four")
    assert Recipe.objects.count() == 3
    with django_assert_max_num_queries(len(first)):
        client.get("/recipes/")


def test_each_view_of_a_recipe_shows_its_own(client: Client, ada: User) -> None:
    a_run(user=ada)
    shown = {
        "form": b"sees the prompt only",
        "yaml": b"schema: moa-recipe/1",
        "revisions": b"What it changed",
        "runs": b"Why?",
        "nonsense": b"sees the prompt only",
    }
    for view, text in shown.items():
        page = client.get(f"/recipes/research/two/?view={view}").content
        assert text in page
        assert [other for other in set(shown.values()) - {text} if other in page] == []


def test_revisions_are_compared_and_the_newest_two_by_themselves(
    client: Client, ada: User
) -> None:
    address = "/recipes/research/two/compare/"
    for query in ("", "?left=1&right=2"):
        [change] = client.get(f"{address}{query}").context["changes"]
        assert (change.place, change.new) == (("name",), "Two and one, mended")
    assert client.get(f"{address}?left=2&right=2").context["changes"] == []
    for query in ("?left=9", "?right=x", "?left=-1", f"?left={'9' * 40}"):
        assert client.get(f"{address}{query}").status_code == 404


def test_recipe_is_exported_as_it_was_given(client: Client, ada: User) -> None:
    text = client.get("/recipes/research/two.yaml")
    assert text["Content-Disposition"] == 'attachment; filename="two.yaml"'
    newest = {**DOCUMENT, "name": "Two and one, mended"}
    assert load_document(text.content.decode()).content == newest
    assert client.get("/recipes/research/two.json?revision=1").json() == DOCUMENT
    assert client.get("/recipes/research/two.json?revision=7").status_code == 404


def test_older_revision_is_restored(client: Client, ada: User) -> None:
    address = "/recipes/research/two/restore/"
    a_catalogue("fast")
    assert client.post(address, {"revision": "1"}).status_code == 303
    assert Revision.objects.get(number=3).document == DOCUMENT
    page = client.get("/recipes/research/two/").content
    assert b"Revision 3 says again what revision 1 said" in page
    client.post(address, {"revision": "3"})
    assert b"says that already" in client.get("/recipes/research/two/").content
    assert client.post(address, {}).status_code == 404


def test_archived_recipe_is_behind_a_link(client: Client, ada: User) -> None:
    address = "/recipes/research/two/archive/"
    client.post(address)
    assert own(client) == {"research": []}
    assert b"/recipes/research/two/" not in client.get("/recipes/").content
    assert b"/recipes/research/two/" in client.get("/recipes/?archived").content
    page = client.get("/recipes/research/two/").content
    assert b"This recipe is archived" in page
    assert b"Run this" not in page
    client.post(address, {"do": "unarchive"})
    assert own(client) == {"research": ["two"]}


def test_duplicate_is_a_working_copy_under_a_free_slug(
    client: Client, ada: User
) -> None:
    client.post("/recipes/research/two/duplicate/")
    copy = WorkingCopy.objects.get()
    assert (copy.recipe, copy.document["slug"]) == (None, "two-and-one-mended-copy")
    assert copy.document["name"] == "Two and one, mended (copy)"


def test_viewer_sees_no_way_to_change_anything(client: Client, ada: User) -> None:
    client.force_login(a_member("vera", role="viewer"))
    page = client.get("/recipes/research/two/").content
    shelf = client.get("/recipes/").content
    for word in (b"/edit/", b"/duplicate/", b"/archive/", b"Run this"):
        assert word not in page
    assert b"New recipe" not in shelf
    assert b"Restore" not in client.get("/recipes/research/two/?view=revisions").content


def test_who_else_edits_is_shown(client: Client, ada: User) -> None:
    ben = a_member("ben")
    begin_copy(Viewer(ben), Recipe.objects.get())
    assert b"ben edits this recipe" in client.get("/recipes/research/two/").content
    client.force_login(ben)
    assert b"ben edits this recipe" not in client.get("/recipes/research/two/").content
