"""Which recipe a name on the command line means."""

from __future__ import annotations

import pytest
from django.core.management import CommandError

from playground.accounts.access import Viewer
from playground.accounts.models import Membership, Role
from playground.db.commands import UsageError
from playground.management.naming import find_revision
from playground.recipes.documents import Document
from playground.recipes.models import Recipe
from playground.recipes.offers import open_recipe
from playground.recipes.services import archive, save_revision
from tests.pages.stock import a_catalogue
from tests.people import Cast

pytestmark = pytest.mark.django_db
DOCUMENT = {
    "schema": "moa-recipe/1",
    "slug": "ours",
    "name": "Ours",
    "layers": [{"kind": "draft", "slots": [{"model": "fast"}]}],
}


def found(cast: Cast, name: str) -> tuple[str, str, bool]:
    recipe = find_revision(Viewer(cast.root), name).recipe
    return recipe.team.slug, recipe.slug, recipe.preset


def save(cast: Cast, *, slug: str, elsewhere: bool = False) -> None:
    team = cast.elsewhere if elsewhere else cast.team
    save_revision(team, Document({**DOCUMENT, "slug": slug}, ""), None)


def test_preset_runs_in_the_viewers_first_team(cast: Cast) -> None:
    a_catalogue("fast")
    assert found(cast, "self-moa") == ("elsewhere", "self-moa", True)
    Membership.objects.create(user=cast.root, team=cast.team, role=Role.MEMBER)
    assert found(cast, "self-moa") == ("research", "self-moa", True)
    assert found(cast, "elsewhere/self-moa") == ("elsewhere", "self-moa", True)
    # That both teams have a recipe of the name by now changes nothing.
    assert found(cast, "self-moa") == ("research", "self-moa", True)


def test_recipe_of_the_name_goes_before_the_preset(cast: Cast) -> None:
    a_catalogue("fast")
    save(cast, slug="self-moa")
    assert found(cast, "self-moa") == ("research", "self-moa", False)
    assert found(cast, "elsewhere/self-moa") == ("elsewhere", "self-moa", True)
    save(cast, slug="self-moa", elsewhere=True)
    with pytest.raises(UsageError, match="Say elsewhere/self-moa or research/self-moa"):
        find_revision(Viewer(cast.root), "self-moa")


def test_preset_that_one_team_put_away_runs_in_the_next(cast: Cast) -> None:
    a_catalogue("fast")
    archive(open_recipe(Viewer(cast.root), "elsewhere", "single"))
    assert found(cast, "single") == ("research", "single", True)
    with pytest.raises(UsageError, match="no recipe elsewhere/single"):
        find_revision(Viewer(cast.root), "elsewhere/single")


def test_without_a_model_the_refusal_says_whom_to_ask(cast: Cast) -> None:
    with pytest.raises(CommandError, match="has no model to run on") as refused:
        find_revision(Viewer(cast.ben), "single")
    assert refused.value.returncode == 3
    assert not Recipe.objects.exists()


@pytest.mark.parametrize("name", ["nothing", "research/nothing", "elsewhere/single"])
def test_unknown_name_is_answered_with_those_that_there_are(
    cast: Cast, name: str
) -> None:
    a_catalogue("fast")
    save(cast, slug="ours")
    with pytest.raises(UsageError) as refused:
        find_revision(Viewer(cast.ben), name)
    assert "There are: research/ours; and in every team the presets single," in str(
        refused.value
    )
