"""The page of one run in all its views, and the page of each of its calls."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from playground.accounts.access import viewer_of
from playground.live.comparing import comparing_of
from playground.live.figures import RunView
from playground.live.fragments import PAGE, page_context
from playground.live.layouts import Layout, layout_of
from playground.live.lineage import lineage_of
from playground.live.records import run_view
from playground.live.usual import usual_of
from playground.live.worth import sourced_answer, worth_of
from playground.runs.access import find_run, may_stop
from playground.runs.branching import may_branch
from playground.runs.models import Run
from playground.runs.snapshots import snapshot

LONG_PROMPT = 240


@never_cache
@require_safe
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One run, as far as it has come; its socket goes on from there."""
    viewer = viewer_of(request)
    found = find_run(viewer, run_id)
    view = run_view(snapshot(found), usual_of(found))
    layout = layout_of(view, request.GET)
    context = {
        "here": "history",
        "team": found.team,
        "run": found,
        "may_stop": may_stop(viewer, found),
        "may_branch": may_branch(viewer, found),
        "lineage": lineage_of(found),
        "form_token": uuid4(),
        **_prompt_context(found),
        **page_context(view, layout),
        **_reading_context(view, layout, request),
    }
    return render(request, PAGE, context)


def _prompt_context(run: Run) -> dict[str, Any]:
    return {
        "words": len(run.prompt.split()),
        "long_prompt": len(run.prompt) > LONG_PROMPT or run.prompt.count("\n") > 1,
        "prompt_start": run.prompt[:LONG_PROMPT].partition("\n\n")[0] + " …",
    }


def _reading_context(
    view: RunView, layout: Layout, request: HttpRequest
) -> dict[str, Any]:
    """What helps to read a run that is done; each only in the view that shows it."""
    if layout.name == "compare":
        return {"comparing": comparing_of(view, request.GET)}
    if view.answer is None or layout.is_raw or layout.name == "timeline":
        return {}
    sourced = sourced_answer(view)
    return {"sourced": sourced, "worth": worth_of(view, sourced, None)}
