"""Who may see a run, and who may stop it."""

from __future__ import annotations

import contextlib
from uuid import UUID

from django.db.models import Q, QuerySet

from playground.accounts.access import Viewer, can_manage
from playground.runs.models import DeletedRun, Run
from playground.web.refusals import Gone, NotFound, Refusal


def runs_visible_to(viewer: Viewer) -> QuerySet[Run]:
    """The runs of the viewer's teams; of one team for a token; all for a site admin."""
    runs = Run.objects.defer("feed_copy").select_related(
        "team", "user", "revision__recipe__team"
    )
    if viewer.user.is_staff and viewer.token is None:
        return runs
    return runs.filter(Q(team__in=viewer.teams()))


def find_run(viewer: Viewer, run_id: UUID | str) -> Run:
    """One run. Raises NotFound, for strangers too, and Gone where it was deleted."""
    try:
        return runs_visible_to(viewer).get(pk=UUID(str(run_id)))
    except (Run.DoesNotExist, ValueError):
        raise _missing(viewer, str(run_id)) from None


def _missing(viewer: Viewer, run_id: str) -> Refusal:
    """Deleted, to those who could have seen it; to all others it never was."""
    with contextlib.suppress(ValueError):
        gone = DeletedRun.objects.filter(pk=UUID(run_id), team__in=viewer.teams())
        if deleted := gone.select_related("deleted_by").first():
            who = deleted.deleted_by
            return Gone(
                f"{who.shown_name} deleted this run."
                if who
                else "This run was deleted: its team keeps runs for a time only.",
                "Its prompt, its drafts and its answer are gone. What it cost stays "
                "counted.",
            )
    return NotFound(
        "There is no such run here.",
        "Check the address, or sign in as somebody of the team that made it.",
    )


def may_stop(viewer: Viewer, run: Run) -> bool:
    """The person who started it, who manages its team, and site admins."""
    return run.user_id == viewer.user.pk or can_manage(viewer, run.team)
