"""A run's exports, and its stop."""

from __future__ import annotations

from uuid import UUID

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from playground.accounts.access import viewer_of
from playground.api.documents.markdown import run_as_markdown
from playground.api.views.doors import base_url_of, token_of
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


@csrf_exempt
@require_POST
def stop(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask that a run end. Says 202 to programs, and sends a form back to the page."""
    # Who is not signed in hears that first: a missing form token would hide it.
    viewer_of(request)
    if token_of(request) is not None:
        return _stop(request, run_id)
    return _stop_with_form(request, run_id)


def _stop(request: HttpRequest, run_id: UUID) -> HttpResponse:
    viewer = viewer_of(request)
    run = find_run(viewer, run_id)
    if not may_stop(viewer, run):
        raise Forbidden(
            "Only who started a run, or manages its team, may stop it.",
            "Ask an admin of the team.",
        )
    cancel_run(run)
    if _is_form(request):
        response: HttpResponse = HttpResponseRedirect(f"/runs/{run.pk}/")
        response.status_code = 303
        return response
    run.refresh_from_db(fields=["status"])
    document = {
        "run": str(run.pk),
        "url": run_url(run, base_url_of(request)),
        "status": run.status,
    }
    return JsonResponse(document, status=202)


_stop_with_form = csrf_protect(_stop)


def _is_form(request: HttpRequest) -> bool:
    """Only a browser that sends a form without scripts asks for a page."""
    return (
        "text/html" in request.headers.get("Accept", "")
        and "HX-Request" not in request.headers
        and token_of(request) is None
    )
