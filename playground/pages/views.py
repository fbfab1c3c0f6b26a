"""The pages that show several domains together: home, recipes, runs, history."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from playground.accounts.access import Viewer, can_run_in, find_team, viewer_of
from playground.accounts.models import Team
from playground.catalog.queries import known_aliases
from playground.engine.messages import Message
from playground.live.drawing import columns_of
from playground.live.fragments import PAGE, page_context
from playground.live.records import run_view
from playground.pages.forms import Composer, blank_composer, sent_composer
from playground.pages.queries import (
    choices_of,
    history_rows,
    recent_rows,
    revision_numbers,
    revision_of,
)
from playground.provisioning.firststart import LOCAL_ALIAS
from playground.recipes.documents import dump_yaml
from playground.recipes.queries import find_recipe
from playground.runs.access import find_run, may_stop
from playground.runs.models import Run
from playground.runs.services import start_run
from playground.runs.snapshots import snapshot
from playground.web.refusals import NotFound, Refusal, SigninNeeded

RECENT = 8
LONG_PROMPT = 240


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """The composer, and what ran lately; a POST starts a run."""
    viewer = viewer_of(request)
    team = _team_here(request, viewer)
    if team is None:
        return render(request, "pages/no_team.html", {"here": "home"})
    choices = choices_of(viewer, team)
    if request.method != "POST":
        prompt = _earlier_prompt(viewer, request.GET.get("from", ""))
        composer = blank_composer(
            choices, chosen=request.GET.get("recipe", ""), prompt=prompt
        )
        return _home(request, viewer, team, composer)
    composer = sent_composer(choices, request)
    return _start(request, viewer, team, composer)


def _start(
    request: HttpRequest, viewer: Viewer, team: Team, composer: Composer
) -> HttpResponse:
    choice = composer.choice
    if choice is None:
        return _home(request, viewer, team, composer, status=422)
    try:
        run = start_run(
            viewer=viewer,
            team=team,
            revision=choice.revision,
            messages=[Message("user", composer.prompt)],
            variables=composer.values(),
            form_token=composer.token,
        )
    except SigninNeeded:
        raise
    except Refusal as refusal:
        composer.refuse(refusal)
        return _home(request, viewer, team, composer, status=refusal.status)
    return HttpResponse(status=303, headers={"Location": f"/runs/{run.pk}/"})


def _home(
    request: HttpRequest,
    viewer: Viewer,
    team: Team,
    composer: Composer,
    *,
    status: int = 200,
) -> HttpResponse:
    models = known_aliases()
    context = {
        "here": "home",
        "team": team,
        "teams": _teams(viewer),
        "composer": composer,
        "most_bytes": settings.MOA_MESSAGE_BYTES,
        "may_run": can_run_in(viewer, team),
        "has_models": bool(models),
        "tiny": _tiny_model(composer),
        **recent_rows(viewer, team, limit=RECENT),
    }
    return render(request, "pages/home.html", context, status=status)


def _tiny_model(composer: Composer) -> str:
    """The alias of the model that ships with the product, where a recipe lives on it."""
    alone = any(each.plan.aliases() == {LOCAL_ALIAS} for each in composer.choices)
    return LOCAL_ALIAS if alone else ""


def _team_here(request: HttpRequest, viewer: Viewer) -> Team | None:
    """The team asked for, else the one of last time, else the first."""
    wanted = request.POST.get("team") or request.GET.get("team")
    if wanted:
        team = find_team(viewer, wanted)
        if viewer.token is None and request.session.get("team") != team.slug:
            request.session["team"] = team.slug
        return team
    teams = _teams(viewer)
    last = "" if viewer.token else request.session.get("team", "")
    return next((team for team in teams if team.slug == last), next(iter(teams), None))


def _teams(viewer: Viewer) -> list[Team]:
    """The viewer's own teams first; a site admin sees the others behind them."""
    own = set(viewer.user.memberships.values_list("team_id", flat=True))
    return sorted(viewer.teams(), key=lambda team: team.pk not in own)


def _earlier_prompt(viewer: Viewer, run_id: str) -> str:
    if not run_id:
        return ""
    try:
        return find_run(viewer, run_id).prompt
    except NotFound:
        return ""


@require_safe
def recipes(request: HttpRequest) -> HttpResponse:
    """All recipes that the viewer sees, by team."""
    viewer = viewer_of(request)
    context = {
        "here": "recipes",
        "teams": _teams(viewer),
        "choices": choices_of(viewer),
    }
    return render(request, "recipes/list.html", context)


@require_safe
def recipe(request: HttpRequest, team_slug: str, slug: str) -> HttpResponse:
    """One revision of a recipe: its drawing, its layers, its YAML."""
    viewer = viewer_of(request)
    found = find_recipe(viewer, team_slug, slug)
    shown = revision_of(found, request.GET.get("revision", ""))
    models = known_aliases()
    context = {
        "here": "recipes",
        "team": found.team,
        "teams": _teams(viewer),
        "recipe": found,
        "revision": shown.revision,
        "plan": shown.plan,
        "choice": shown,
        "columns": columns_of(shown.plan),
        "yaml": dump_yaml(shown.revision.document),
        "revisions": revision_numbers(found),
        "unknown": sorted(shown.plan.aliases() - models),
        "may_run": can_run_in(viewer, found.team),
    }
    return render(request, "recipes/detail.html", context)


@never_cache
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """The runs that the viewer sees, newest first, page by page."""
    viewer = viewer_of(request)
    slug = request.GET.get("team", "")
    team = find_team(viewer, slug) if slug else None
    mine = "mine" in request.GET
    before = _uuid(request.GET.get("before", ""))
    rows, onward = history_rows(viewer, team=team, mine=mine, before=before)
    context = {
        "here": "history",
        "teams": _teams(viewer),
        "filtered": team,
        "mine": mine,
        "before": before,
        "rows": rows,
        "onward": onward,
    }
    return render(request, "runs/list.html", context)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@never_cache
@require_safe
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One run, as far as it has come; its socket goes on from there."""
    viewer = viewer_of(request)
    found = find_run(viewer, run_id)
    view = run_view(snapshot(found))
    context = {
        "here": "history",
        "team": found.team,
        "opened": request.GET.get("draft", ""),
        "may_stop": may_stop(viewer, found),
        **_prompt_context(found),
        **page_context(view),
    }
    return render(request, PAGE, context)


def _prompt_context(run: Run) -> dict[str, Any]:
    return {
        "words": len(run.prompt.split()),
        "long_prompt": len(run.prompt) > LONG_PROMPT or run.prompt.count("\n") > 1,
        "prompt_start": run.prompt[:LONG_PROMPT].partition("\n\n")[0] + " …",
    }
