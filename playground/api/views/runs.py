"""A run's exports, and its stop."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from playground.accounts.access import viewer_of
from playground.api.documents.markdown import run_as_markdown
from playground.api.views.doors import (
    base_url_of,
    for_people_and_programs,
    is_plain_form,
    to_run,
)
from playground.runs.access import find_run, may_stop
from playground.runs.export import export_run, run_url
from playground.runs.services import cancel_run
from playground.web.refusals import Forbidden

_PRIVATE = {"Cache-Control": "private, no-cache"}


@require_safe
def run_json(request: HttpRequest, run_id: UUID) -> JsonResponse:
    """The run as data, moa-run/1."""
    run = find_run(viewer_of(request), run_id)
    exported = export_run(run, base_url=base_url_of(request))
    return JsonResponse(
        exported, headers=_PRIVATE, json_dumps_params={"ensure_ascii": False}
    )


@require_safe
def run_markdown(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The run to read and to keep."""
    run = find_run(viewer_of(request), run_id)
    return HttpResponse(
        run_as_markdown(export_run(run, base_url=base_url_of(request))),
        content_type="text/markdown; charset=utf-8",
        headers=_PRIVATE,
    )


@require_POST
@for_people_and_programs
def stop(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask that a run end. Says 202 to programs, and sends a form back to the page."""
    viewer = viewer_of(request)
    run = find_run(viewer, run_id)
    if not may_stop(viewer, run):
        raise Forbidden(
            "Only who started a run, or manages its team, may stop it.",
            "Ask an admin of the team.",
        )
    cancel_run(run)
    if is_plain_form(request):
        return to_run(run.pk)
    run.refresh_from_db(fields=["status"])
    document = {
        "run": str(run.pk),
        "url": run_url(run, base_url_of(request)),
        "status": run.status,
    }
    return JsonResponse(document, status=202)
