"""What the replay of a run plays: its frames, for whoever may see the run."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from playground.accounts.access import viewer_of
from playground.live.replay import replay_of
from playground.runs.access import find_run
from playground.web.refusals import Conflict


@never_cache
@require_safe
def replay_json(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Every frame of a run that is over, as pages got them while it ran."""
    run = find_run(viewer_of(request), run_id)
    if run.is_open:
        raise Conflict(
            "The run still goes on.", "It can be replayed once it has ended."
        )
    return HttpResponse(replay_of(run), content_type="application/json")
