"""The recipes that a viewer sees, and their newest revisions."""

from __future__ import annotations

from django.db.models import F, OuterRef, QuerySet, Subquery

from playground.accounts.access import Viewer, find_team
from playground.accounts.models import Team
from playground.recipes.models import Recipe, Revision
from playground.web.refusals import NotFound

_LONGEST = 9


def recipes_of(team: Team) -> QuerySet[Recipe]:
    """A team's recipes that are not archived: presets first, then by name."""
    return Recipe.objects.filter(team=team, archived_at=None).order_by(
        "-preset", F("name").asc(), "pk"
    )


def current_revisions(viewer: Viewer) -> QuerySet[Revision]:
    """The newest revision of every recipe that the viewer sees, one query in all.

    Each has its `recipe` and the recipe's `team` at hand.
    """
    newest = (
        Revision.objects.filter(recipe=OuterRef("recipe"))
        .order_by("-number")
        .values("pk")[:1]
    )
    return (
        Revision.objects.filter(pk=Subquery(newest))
        .filter(recipe__archived_at=None, recipe__team__in=viewer.teams())
        .select_related("recipe__team")
        .order_by("-recipe__preset", "recipe__team__name", "recipe__name", "pk")
    )


def find_recipe(viewer: Viewer, team_slug: str, slug: str) -> Recipe:
    """One recipe. Raises NotFound, for strangers too."""
    team = find_team(viewer, team_slug)
    recipes = Recipe.objects.select_related("team")
    recipe = None if "\0" in slug else recipes.filter(team=team, slug=slug).first()
    if recipe is None:
        raise NotFound(
            f"The team {team.name} has no recipe “{slug}”.",
            "It may have another name, or lie in another team.",
        )
    return recipe


def current_revision(recipe: Recipe) -> Revision:
    """The newest revision; every recipe has one. Raises NotFound where it is missing."""
    revision = recipe.revisions.order_by("-number").first()
    if revision is None:
        raise NotFound(f"The recipe “{recipe.slug}” has no content yet.")
    return revision


def revision_by_number(recipe: Recipe, number: str) -> Revision:
    """A revision of a recipe, with the recipe at hand. Raises NotFound."""
    wanted = recipe.revisions.select_related("created_by")
    found = None
    if number.isdecimal() and len(number) < _LONGEST:
        found = wanted.filter(number=int(number)).first()
    if found is None:
        raise NotFound(
            f"The recipe “{recipe.slug}” has no revision {number[:12]}.",
            "The recipe's page lists those that there are.",
        )
    found.recipe = recipe
    return found


def own_revisions(viewer: Viewer) -> QuerySet[Revision]:
    """As `current_revisions`, without presets."""
    return current_revisions(viewer).filter(recipe__preset=False)


def taken_slugs(team: Team) -> set[str]:
    """What the team's recipes are called, archived ones, too."""
    return set(team.recipes.values_list("slug", flat=True))


def archived_recipes(viewer: Viewer) -> QuerySet[Recipe]:
    """The recipes that the viewer sees and that are out of the lists, by name."""
    return (
        Recipe.objects.filter(team__in=viewer.teams(), archived_at__isnull=False)
        .select_related("team")
        .order_by("name", "pk")
    )
