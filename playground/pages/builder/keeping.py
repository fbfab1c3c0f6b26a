"""What is done to a whole recipe: edit, duplicate, restore, archive."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from playground.accounts.access import Viewer, viewer_of
from playground.recipes.copies import (
    begin_copy,
    check_editor,
    copied,
    new_copy,
    put_into,
)
from playground.recipes.models import Recipe, WorkingCopy
from playground.recipes.offers import open_recipe
from playground.recipes.queries import current_revision, revision_by_number
from playground.recipes.services import archive, restore_revision, unarchive


def to_builder(copy: WorkingCopy) -> HttpResponse:
    """On to the builder."""
    return HttpResponse(status=303, headers={"Location": f"/builder/{copy.pk}/"})


def _editable(request: HttpRequest, team_slug: str, slug: str) -> tuple[Viewer, Recipe]:
    viewer = viewer_of(request)
    found = open_recipe(viewer, team_slug, slug)
    check_editor(viewer, found.team)
    return viewer, found


def _to_recipe(recipe: Recipe) -> HttpResponse:
    address = f"/recipes/{recipe.team.slug}/{recipe.slug}/"
    return HttpResponse(status=303, headers={"Location": address})


@require_POST
def edit(request: HttpRequest, team_slug: str, slug: str) -> HttpResponse:
    """Go on with the viewer's working copy, or begin one; maybe from a revision."""
    viewer, found = _editable(request, team_slug, slug)
    number = request.POST.get("revision", "")
    older = revision_by_number(found, number) if number else None
    copy = begin_copy(viewer, found)
    if older is not None and older.pk != copy.base_id:
        content = {**older.document, "slug": found.slug}
        put_into(copy, content, what=f"return to revision {older.number}", base=None)
    return to_builder(copy)


@require_POST
def duplicate(request: HttpRequest, team_slug: str, slug: str) -> HttpResponse:
    """A new recipe that begins as this one is, under another slug."""
    viewer, found = _editable(request, team_slug, slug)
    document = copied(found.team, current_revision(found).document)
    return to_builder(new_copy(viewer, found.team, document))


@require_POST
def restore(request: HttpRequest, team_slug: str, slug: str) -> HttpResponse:
    """Make what an older revision says the newest revision."""
    viewer, found = _editable(request, team_slug, slug)
    older = revision_by_number(found, request.POST.get("revision", ""))
    made, is_new = restore_revision(older, viewer.user)
    told = (
        f"Revision {made.number} says again what revision {older.number} said."
        if is_new
        else f"Revision {made.number} says that already."
    )
    messages.success(request, told)
    return _to_recipe(found)


@require_POST
def shelve(request: HttpRequest, team_slug: str, slug: str) -> HttpResponse:
    """Archive a recipe, or with `do=unarchive` put it back."""
    _, found = _editable(request, team_slug, slug)
    if request.POST.get("do") == "unarchive":
        unarchive(found)
        messages.success(request, "It is back among the recipes.")
    else:
        archive(found)
        messages.success(
            request, "It is archived: out of the lists, with its runs and revisions."
        )
    return _to_recipe(found)
