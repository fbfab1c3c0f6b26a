"""Saves recipes: each change is a new revision, and no change is none.

An archived recipe is out of the lists and keeps everything: its runs, its address.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from playground.accounts.models import Team, User
from playground.catalog.queries import known_aliases
from playground.engine.plan import Plan
from playground.recipes.documents import Document, same_document
from playground.recipes.models import Recipe, Revision
from playground.recipes.planning import read_plan
from playground.recipes.queries import current_revision


def save_revision(
    team: Team, document: Document, by: User | None
) -> tuple[Recipe, Revision, bool]:
    """Save a document under its slug; the bool says whether a revision was made.

    A preset that is saved over is a recipe of the team's own from now on. Raises
    RecipeRefused with every problem: what is not in the format, and models that are not
    in the catalogue.
    """
    plan = read_plan(document, known=known_aliases())
    with transaction.atomic():
        recipe = _recipe_of(team, plan, preset=False)
        if recipe.preset:
            recipe.preset = False
            recipe.save(update_fields=["preset"])
        revision, is_new = _add_revision(recipe, document, by)
        if recipe.name != plan.name:
            recipe.name = plan.name
            recipe.save(update_fields=["name"])
    return recipe, revision, is_new


def keep_preset(team: Team, document: Document) -> Revision:
    """A bound preset as the newest revision of the team's recipe of that name.

    Again changes nothing. What the team made its own, or put away, is left alone: then
    its newest revision is the answer.
    """
    plan = read_plan(document)
    with transaction.atomic():
        recipe = _recipe_of(team, plan, preset=True)
        if recipe.preset and recipe.archived_at is None:
            return _add_revision(recipe, document, None)[0]
    return current_revision(recipe)


def _recipe_of(team: Team, plan: Plan, *, preset: bool) -> Recipe:
    recipe, _ = Recipe.objects.select_for_update().get_or_create(
        team=team, slug=plan.slug, defaults={"name": plan.name, "preset": preset}
    )
    return recipe


def _add_revision(
    recipe: Recipe, document: Document, by: User | None
) -> tuple[Revision, bool]:
    newest = recipe.revisions.order_by("-number").first()
    if newest and same_document(newest.document, document.content):
        return newest, False
    revision = Revision.objects.create(
        recipe=recipe,
        number=newest.number + 1 if newest else 1,
        document=document.content,
        created_by=by,
    )
    return revision, True


def restore_revision(revision: Revision, by: User) -> tuple[Revision, bool]:
    """What an older revision says, as the newest; the bool says whether one was made."""
    recipe = revision.recipe
    content = {**revision.document, "slug": recipe.slug}
    document = Document(content, "")
    _, made, is_new = save_revision(recipe.team, document, by)
    return made, is_new


def archive(recipe: Recipe) -> None:
    """Take a recipe out of the lists. Again changes nothing."""
    Recipe.objects.filter(pk=recipe.pk, archived_at=None).update(
        archived_at=timezone.now()
    )


def unarchive(recipe: Recipe) -> None:
    """Put it back."""
    Recipe.objects.filter(pk=recipe.pk).update(archived_at=None)
