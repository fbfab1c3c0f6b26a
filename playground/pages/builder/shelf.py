"""The shelf of recipes and one recipe's page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from playground.accounts.access import Viewer, can_run_in, viewer_of
from playground.accounts.models import Team
from playground.catalog.queries import known_aliases
from playground.pages.builder.drawing import draw
from playground.pages.builder.wiring import hue
from playground.pages.choices import (
    Choice,
    choices_of,
    own_choices,
    own_teams_first,
    revision_numbers,
    revision_of,
    with_medians,
    with_outlooks,
)
from playground.pages.listing import rows_of
from playground.recipes.copies import others_editing, unsaved_copies
from playground.recipes.diffing import changes
from playground.recipes.documents import dump_yaml
from playground.recipes.models import Recipe, Revision, WorkingCopy
from playground.recipes.offers import find_offer, keep, open_recipe
from playground.recipes.outline import LayerOutline, outline_of
from playground.recipes.queries import (
    archived_recipes,
    current_revision,
    revision_by_number,
)
from playground.runs.access import runs_visible_to

_VIEWS = ("form", "yaml", "revisions", "runs")
_RUNS = 50
_UNSAVED = 20


@require_safe
def recipes(request: HttpRequest) -> HttpResponse:
    """All recipes that the viewer sees, by team; archived ones behind a link."""
    viewer = viewer_of(request)
    teams = own_teams_first(viewer)
    team = _team_of_presets(request, teams)
    own = own_choices(viewer)
    context = {
        "here": "recipes",
        "teams": teams,
        "shelves": [
            (each, [choice for choice in own if choice.revision.recipe.team == each])
            for each in teams
        ],
        "team": team,
        "presets": _presets(viewer, team),
        "unsaved": list(unsaved_copies(viewer)[:_UNSAVED]),
        "archived": list(archived_recipes(viewer)),
        "shows_archived": "archived" in request.GET,
        "may_edit": any(can_run_in(viewer, team) for team in teams),
    }
    return render(request, "recipes/list.html", context)


def _team_of_presets(request: HttpRequest, teams: list[Team]) -> Team | None:
    asked = request.GET.get("team", "")
    first = teams[0] if teams else None
    return next((each for each in teams if each.slug == asked), first)


def _presets(viewer: Viewer, team: Team | None) -> list[Choice]:
    if team is None:
        return []
    presets = [each for each in choices_of(viewer, team) if each.is_preset]
    return with_outlooks(team, with_medians(viewer, presets))


@require_safe
def recipe(request: HttpRequest, team_slug: str, slug: str) -> HttpResponse:
    """One revision of a recipe: its drawing, its layers, its YAML, its runs."""
    viewer = viewer_of(request)
    offer = find_offer(viewer, team_slug, slug)
    newest = keep(offer)
    found = newest.recipe
    shown = revision_of(found, request.GET.get("revision", ""))
    view = request.GET.get("view", "form")
    layers = outline_of(shown.revision.document)
    hued = [
        list(zip(plan.slots, _hues(layer), strict=True))
        for plan, layer in zip(shown.plan.layers, layers, strict=True)
    ]
    context = {
        "here": "recipes",
        "team": found.team,
        "teams": own_teams_first(viewer),
        "recipe": found,
        "revision": shown.revision,
        "newest": newest,
        "bound": offer.bound if newest == shown.revision else None,
        "plan": shown.plan,
        "choice": shown,
        "diagram": draw(layers),
        "tables": list(zip(shown.plan.layers, hued, strict=True)),
        "view": view if view in _VIEWS else "form",
        "unknown": sorted(shown.plan.aliases() - known_aliases()),
        **_around(viewer, found),
    }
    return render(
        request,
        "recipes/detail.html",
        context | _view(viewer, found, shown.revision, view),
    )


def _hues(layer: LayerOutline) -> list[str]:
    return [hue(layer, slot) for slot in layer.slots]


def _around(viewer: Viewer, recipe: Recipe) -> dict[str, Any]:
    """Who may do what with it, and who is doing it now."""
    mine = WorkingCopy.objects.filter(user=viewer.user, recipe=recipe)
    return {
        "may_run": can_run_in(viewer, recipe.team),
        "others": list(others_editing(recipe, viewer)),
        "mine": mine.only("id", "changed_at").first(),
        "revision_count": recipe.revisions.count(),
        "run_count": runs_visible_to(viewer).filter(revision__recipe=recipe).count(),
    }


def _view(
    viewer: Viewer, recipe: Recipe, revision: Revision, view: str
) -> dict[str, Any]:
    """What one of the views shows, and the others need not read."""
    if view == "yaml":
        return {"yaml": dump_yaml(revision.document)}
    if view == "revisions":
        return {"revisions": list(revision_numbers(recipe))}
    if view == "runs":
        runs = runs_visible_to(viewer).filter(revision__recipe=recipe)
        return {"rows": rows_of(runs.order_by("-pk")[:_RUNS]), "me": viewer.user}
    return {}


@require_safe
def compare_revisions(request: HttpRequest, team_slug: str, slug: str) -> HttpResponse:
    """What one revision changed against another."""
    viewer = viewer_of(request)
    found = open_recipe(viewer, team_slug, slug)
    newest = current_revision(found)
    right = revision_by_number(found, request.GET.get("right") or str(newest.number))
    before = str(max(1, right.number - 1))
    left = revision_by_number(found, request.GET.get("left") or before)
    context = {
        "here": "recipes",
        "team": found.team,
        "teams": own_teams_first(viewer),
        "recipe": found,
        "left": left,
        "right": right,
        "newest": newest,
        "numbers": [each.number for each in revision_numbers(found)],
        "changes": changes(left.document, right.document),
        "may_run": can_run_in(viewer, found.team),
    }
    return render(request, "recipes/compare.html", context)


def _exported(request: HttpRequest, team_slug: str, slug: str) -> Revision:
    found = open_recipe(viewer_of(request), team_slug, slug)
    number = request.GET.get("revision", "")
    return revision_by_number(found, number) if number else current_revision(found)


@require_safe
def recipe_yaml(request: HttpRequest, team_slug: str, slug: str) -> HttpResponse:
    """The document as a file, in YAML."""
    text = dump_yaml(_exported(request, team_slug, slug).document)
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}.yaml"'
    return response


@require_safe
def recipe_json(request: HttpRequest, team_slug: str, slug: str) -> HttpResponse:
    """The document as a file, in JSON."""
    document = _exported(request, team_slug, slug).document
    dumping = {"ensure_ascii": False, "indent": 2}
    response = JsonResponse(document, json_dumps_params=dumping)
    response["Content-Disposition"] = f'attachment; filename="{slug}.json"'
    return response
