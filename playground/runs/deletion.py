"""Deletes runs that have ended: their text goes everywhere, what they cost stays.

Drafts, calls, journal, requests and words go with the run's row, the feed's copy lies in
it, and the stream in Redis is dropped. A run that branched off keeps what it was given.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce
from redis.exceptions import RedisError

from playground.accounts.access import Viewer
from playground.accounts.models import Team, User
from playground.db.clock import database_now
from playground.db.redis import redis_now
from playground.runs.access import may_stop
from playground.runs.feed import feed_key
from playground.runs.models import DeletedRun, Run
from playground.runs.states import OPEN_STATUSES
from playground.runs.words import id_at
from playground.web.refusals import Forbidden, Unprocessable

log = logging.getLogger(__name__)
BATCH = 20
LAST_WORD_SECONDS = 60


def delete_run(viewer: Viewer, run: Run) -> None:
    """Delete one run. Raises Forbidden, and Unprocessable while it still writes."""
    if not may_stop(viewer, run):
        raise Forbidden(
            "Only who started a run, and the admins of its team, may delete it.",
            "Ask one of them.",
        )
    if not remove_runs([run.pk], by=viewer.user):
        raise Unprocessable(
            "This run is still going on.",
            "Stop it first, then delete it; a moment after its end it can be deleted.",
        )


def remove_runs(run_ids: Sequence[UUID], *, by: User | None = None) -> int:
    """Delete those of the runs that have ended; how many that were."""
    with transaction.atomic():
        held = (
            _ended()
            .filter(pk__in=run_ids)
            .select_for_update(skip_locked=_can_skip(), of=("self",))
        )
        going = list(held.values_list("pk", flat=True))
        _keep_figures(going, by)
        Run.objects.filter(pk__in=going).delete()
        transaction.on_commit(functools.partial(_drop_streams, going))
    return len(going)


def _ended() -> QuerySet[Run]:
    """Runs that have ended, and whose worker has said its last word to the feed.

    Else the stream that is dropped here would be begun again by that word. A worker that
    went away in between says none.
    """
    lately = database_now() - timedelta(seconds=LAST_WORD_SECONDS)
    return Run.objects.exclude(status__in=OPEN_STATUSES).exclude(
        feed_last="", ended_at__gt=lately
    )


def _can_skip() -> bool:
    return connection.features.has_select_for_update_skip_locked


def _keep_figures(run_ids: Sequence[UUID], by: User | None) -> None:
    rows = Run.objects.filter(pk__in=run_ids).annotate(
        made=Count("calls"),
        read=Coalesce(Sum("calls__tokens_in"), 0),
        written=Coalesce(Sum("calls__tokens_out"), 0),
    )
    columns = (
        *("team_id", "user_id", "revision_id", "status", "origin", "cost_nanos"),
        *("created_at", "started_at"),
    )
    DeletedRun.objects.bulk_create(
        DeletedRun(
            id=row["pk"],
            calls=row["made"],
            tokens_in=row["read"],
            tokens_out=row["written"],
            deleted_by=by,
            ended_at=row["ended_at"] or row["created_at"],
            **{name: row[name] for name in columns},
        )
        for row in rows.values("pk", "made", "read", "written", "ended_at", *columns)
    )


def _drop_streams(run_ids: Sequence[UUID]) -> None:
    if not run_ids:
        return
    try:
        redis_now().unlink(*(feed_key(run_id) for run_id in run_ids))
    except (RedisError, ImproperlyConfigured) as error:
        log.warning("streams of deleted runs expire by themselves: %s", error)


def outdated(team: Team, keep_days: int) -> QuerySet[Run]:
    """The team's runs that have ended and are older than that, oldest first."""
    return (
        Run.objects.filter(team=team, id__lt=id_at(_horizon(keep_days)))
        .exclude(status__in=OPEN_STATUSES)
        .order_by("id")
    )


def _horizon(keep_days: int) -> datetime:
    return database_now() - timedelta(days=keep_days)


def remove_outdated() -> bool:
    """Delete one batch of what is older than its team keeps; True while there is more."""
    for team in Team.objects.filter(keep_days__isnull=False).order_by("pk"):
        old = outdated(team, team.keep_days or 0).values_list("pk", flat=True)
        run_ids = list(old[:BATCH])
        if run_ids:
            return remove_runs(run_ids) > 0
    return False


def deleted_lately() -> bool:
    """Whether any run was deleted in the last two days."""
    since = database_now() - timedelta(days=2)
    return DeletedRun.objects.filter(deleted_at__gt=since).exists()
