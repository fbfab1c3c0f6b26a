"""Who may see a run, and who may stop it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from playground.accounts.access import Viewer, can_manage
from playground.runs.models import Run
from playground.web.refusals import NotFound


def runs_visible_to(viewer: Viewer) -> QuerySet[Run]:
    """The runs of the viewer's teams; of one team for a token; all for a site admin."""
    runs = Run.objects.defer("feed_copy").select_related(
        "team", "user", "revision__recipe__team"
    )
    if viewer.user.is_staff and viewer.token is None:
        return runs
    return runs.filter(Q(team__in=viewer.teams()))


def find_run(viewer: Viewer, run_id: UUID | str) -> Run:
    """One run, or NotFound: a stranger does not learn that it exists."""
    try:
        return runs_visible_to(viewer).get(pk=UUID(str(run_id)))
    except (Run.DoesNotExist, ValueError):
        raise NotFound(
            "There is no such run here.",
            "Check the address, or sign in as somebody of the team that made it.",
        ) from None


def may_stop(viewer: Viewer, run: Run) -> bool:
    """The person who started it, who manages its team, and site admins."""
    return run.user_id == viewer.user.pk or can_manage(viewer, run.team)
