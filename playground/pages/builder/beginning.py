"""A new recipe: blank, from a preset or another recipe, or from a text or a file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from playground.accounts.access import Viewer, can_run_in, find_team, viewer_of
from playground.accounts.models import Team
from playground.catalog.queries import known_aliases
from playground.engine.plan import SCHEMA
from playground.pages.builder.keeping import to_builder
from playground.pages.builder.pasting import Pasted, pasted_in
from playground.pages.choices import choices_of, own_teams_first, with_outlooks
from playground.recipes.copies import (
    begin_copy,
    check_editor,
    copied,
    free_slug,
    new_copy,
    put_into,
)
from playground.recipes.documents import LARGEST_BYTES
from playground.recipes.models import Recipe, WorkingCopy
from playground.recipes.offers import find_offer
from playground.recipes.outline import call_range as outlined_calls
from playground.recipes.outline import outline_of
from playground.recipes.presets.binding import bind
from playground.recipes.presets.catalogue import models_at_hand
from playground.recipes.presets.files import SLUGS
from playground.web.refusals import Forbidden


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_recipe(request: HttpRequest) -> HttpResponse:
    """Choose what to begin from; a POST makes a working copy of it."""
    viewer = viewer_of(request)
    teams = [team for team in own_teams_first(viewer) if can_run_in(viewer, team)]
    if request.method == "POST":
        team = find_team(viewer, request.POST.get("team", ""))
        check_editor(viewer, team)
        pasted = pasted_in(request)
        if pasted is None:
            return to_builder(_begun(viewer, team, request.POST.get("from", "")))
        pasted.check()
        return _received(request, viewer, team, teams, pasted)
    if not teams:
        raise Forbidden(
            "You may look at recipes, not make them.",
            "Ask an admin of your team to make you a member.",
        )
    asked = request.GET.get("team", "")
    team = next((each for each in teams if each.slug == asked), teams[0])
    return _page(request, viewer, team, teams, Pasted())


def _page(
    request: HttpRequest,
    viewer: Viewer,
    team: Team,
    teams: list[Team],
    pasted: Pasted,
    *,
    status: int = 200,
) -> HttpResponse:
    choices = with_outlooks(team, choices_of(viewer, team))
    context = {
        "here": "recipes",
        "team": team,
        "teams": teams,
        "presets": [each for each in choices if each.is_preset],
        "others": [each for each in choices if not each.is_preset],
        "pasted": pasted,
        "largest": LARGEST_BYTES // 1024,
    }
    return render(request, "recipes/new.html", context, status=status)


def _begun(viewer: Viewer, team: Team, start: str) -> WorkingCopy:
    """From `preset:<slug>`, `recipe:<slug>`, or else from nothing."""
    manner, _, slug = start.partition(":")
    models = models_at_hand()
    if manner == "recipe":
        document = copied(team, find_offer(viewer, team.slug, slug).revision.document)
    elif manner == "preset" and slug in SLUGS and models:
        document = copied(team, bind(slug, models).document.content)
    else:
        blank = _blank(models[0].alias if models else "")
        document = {**blank, "slug": free_slug(team, blank["slug"])}
    return new_copy(viewer, team, document)


def _blank(alias: str) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "slug": "new-recipe",
        "name": "New recipe",
        "layers": [{"kind": "draft", "slots": [{"model": alias}]}],
    }


def _received(
    request: HttpRequest,
    viewer: Viewer,
    team: Team,
    teams: list[Team],
    pasted: Pasted,
) -> HttpResponse:
    """Into the builder, or back with what is wrong, or first to the choice of models."""
    if not _opens(request, pasted):
        return _page(request, viewer, team, teams, pasted, status=422)
    if pasted.needs_names and "mapped" not in request.POST:
        return _ask_for_names(request, team, pasted)
    content = pasted.chosen(request.POST)
    if pasted.origin:
        named = {**content, "slug": free_slug(team, str(content["slug"]))}
        return to_builder(new_copy(viewer, team, named))
    return to_builder(_imported(viewer, team, content))


def _opens(request: HttpRequest, pasted: Pasted) -> bool:
    """Sound, or drawable and wanted all the same; what another program wrote is."""
    wanted = "anyway" in request.POST or bool(pasted.origin)
    return not pasted.wrongs or (pasted.drawable and wanted)


def _ask_for_names(request: HttpRequest, team: Team, pasted: Pasted) -> HttpResponse:
    context = {
        "here": "recipes",
        "team": team,
        "pasted": pasted,
        "aliases": sorted(known_aliases()),
        "calls": outlined_calls(outline_of(pasted.content)),
    }
    return render(request, "recipes/names.html", context)


def _imported(viewer: Viewer, team: Team, content: dict[str, Any]) -> WorkingCopy:
    """A text of a recipe that there is edits that recipe; any other is a new one."""
    slug = content.get("slug")
    known = Recipe.objects.filter(team=team, slug=slug).first() if slug else None
    if known is None or not isinstance(slug, str):
        return new_copy(viewer, team, content)
    copy = begin_copy(viewer, known)
    put_into(copy, content, what="import of a text", base=None)
    return copy
