"""What became of the runs that a person left behind, for the bar on top of every page."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

from django.db.models.functions import Substr
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from playground.accounts.access import Viewer, viewer_of
from playground.runs.access import find_run
from playground.runs.models import Run
from playground.runs.states import RunStatus

# More are a sign that the person does not look any more; the list stays short.
MOST = 12
OPENING = 80
_ENDS = {
    RunStatus.DONE: ("is done", "are done"),
    RunStatus.FAILED: ("failed", "failed"),
    RunStatus.CANCELLED: ("was stopped", "were stopped"),
}
_MIXED = ("has ended", "have ended")


@never_cache
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """The person's ended runs that they did not see yet; 204 where nothing is new.

    Asked again only while something is open or unseen. Nobody is sent to sign in by it:
    a session that ran out must not carry away what is being typed.
    """
    if not request.user.is_authenticated or getattr(request, "api_token", None):
        return HttpResponse(status=204)
    runs = _left_behind(viewer_of(request))
    known = _digest(runs)
    if request.GET.get("known") == known:
        return HttpResponse(status=204)
    ended = [run for run in runs if not run.is_open]
    context = {
        "known": known,
        "runs": runs,
        "ended": ended,
        "going": [run for run in runs if run.is_open],
        "verb": _verb(ended),
    }
    return render(request, "pages/notices.html", context)


def _left_behind(viewer: Viewer) -> list[Run]:
    unseen = Run.objects.filter(user=viewer.user, origin="web", seen_at__isnull=True)
    rows = unseen.only("id", "status", "degraded").annotate(
        opening=Substr("prompt", 1, OPENING)
    )
    return list(rows.order_by("-id")[:MOST])


def _digest(runs: Sequence[Run]) -> str:
    told = ",".join(f"{run.pk}{run.status}" for run in runs)
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _verb(ended: Sequence[Run]) -> str:
    statuses = {run.status for run in ended}
    words = _ENDS[RunStatus(statuses.pop())] if len(statuses) == 1 else _MIXED
    return words[len(ended) != 1]


def note_seen(viewer: Viewer, run: Run) -> None:
    """The person who started the run sees its end. Harmless to repeat."""
    if viewer.token is None and run.user_id == viewer.user.pk and not run.is_open:
        Run.objects.filter(pk=run.pk, seen_at__isnull=True).update(
            seen_at=timezone.now()
        )


@require_POST
def seen(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """A page that stood open, and was in sight, showed how the run ended."""
    viewer = viewer_of(request)
    note_seen(viewer, find_run(viewer, run_id))
    return HttpResponse(status=204)
