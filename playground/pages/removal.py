"""Deleting a run, and how long a team keeps its runs: asked, told what it does, done."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from playground.accounts.access import can_manage, find_team, viewer_of
from playground.accounts.models import Team
from playground.runs.access import find_run, may_stop
from playground.runs.deletion import delete_run, outdated
from playground.web.formats import counted
from playground.web.refusals import Forbidden, Unprocessable

LONGEST_DAYS = 3650
OPENING = 160


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Say what goes with a run; POST deletes it."""
    viewer = viewer_of(request)
    run = find_run(viewer, run_id)
    if not may_stop(viewer, run):
        raise Forbidden(
            "Only who started a run, and the admins of its team, may delete it.",
            "Ask one of them.",
        )
    if request.method == "POST":
        delete_run(viewer, run)
        messages.success(request, "The run is deleted. What it cost stays counted.")
        return redirect("history")
    context = {
        "here": "history",
        "team": run.team,
        "run": run,
        "opening": run.prompt[:OPENING],
        "drafts": run.drafts.exclude(text="").count(),
        "calls": run.calls.count(),
        "children": run.children.count(),
    }
    return render(request, "runs/delete.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def keeping(request: HttpRequest, team_slug: str) -> HttpResponse:
    """How long a team keeps its runs. A change that deletes some asks once more."""
    viewer = viewer_of(request)
    team = find_team(viewer, team_slug)
    if not can_manage(viewer, team):
        raise Forbidden(
            f"Only the admins of {team.name} decide how long its runs are kept.",
            "Ask one of them.",
        )
    context: dict[str, object] = {"here": "history", "team": team, "place": team}
    if request.method != "POST":
        return _keeping(request, context, typed=str(team.keep_days or ""))
    typed = request.POST.get("days", "").strip()
    try:
        days = _days(typed)
    except Unprocessable as refusal:
        context["error"] = refusal.headline
        return _keeping(request, context, typed=typed, status=refusal.status)
    going = outdated(team, days).count() if days else 0
    if going and request.POST.get("confirmed") != typed:
        return _keeping(request, {**context, "going": going}, typed=typed)
    return _keep(request, team, days)


def _keeping(
    request: HttpRequest, context: dict[str, object], *, typed: str, status: int = 200
) -> HttpResponse:
    context = {**context, "typed": typed, "longest": LONGEST_DAYS}
    return render(request, "pages/keeping.html", context, status=status)


def _days(typed: str) -> int | None:
    """The days that were typed; None keeps runs for good."""
    if not typed:
        return None
    if not (typed.isascii() and typed.isdecimal() and 1 <= int(typed) <= LONGEST_DAYS):
        raise Unprocessable(f"Days are a whole number from 1 to {LONGEST_DAYS:,}.")
    return int(typed)


def _keep(request: HttpRequest, team: Team, days: int | None) -> HttpResponse:
    Team.objects.filter(pk=team.pk).update(keep_days=days)
    told = (
        f"{team.name} now deletes runs {counted(days, 'day')} after their start. "
        "A worker does it, within minutes."
        if days
        else f"{team.name} now keeps its runs until somebody deletes them."
    )
    messages.success(request, told)
    return redirect("history")
