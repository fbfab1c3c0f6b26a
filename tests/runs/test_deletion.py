"""Deleting runs: what goes, what stays, who may, and what a team keeps how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import redis
from asgiref.sync import async_to_sync
from django.db import connection
from django.utils import timezone

from playground.accounts.access import Viewer
from playground.accounts.models import Team, User
from playground.runs.access import find_run
from playground.runs.deletion import BATCH, delete_run, outdated, remove_outdated
from playground.runs.execution.keeping import Keeper
from playground.runs.execution.writer import Writer
from playground.runs.feed import Entry, feed_key, keep_copy
from playground.runs.models import Call, DeletedRun, Draft, JournalEntry, Run, RunWords
from playground.runs.search import Sought, index_ended, search_runs, settle_index
from playground.runs.words import id_at
from playground.web.refusals import Forbidden, Gone, NotFound, Unprocessable
from tests.runs.factories import a_member, a_run

pytestmark = [pytest.mark.django_db, pytest.mark.locks]
SECRET = "petrichor"


def ended(**more: Any) -> Run:
    """A run that is done, with a text in every place where one can be."""
    now = timezone.now()
    fields = {"status": "done", "cost_nanos": 70, "started_at": now, "ended_at": now}
    run = a_run(
        **(fields | more),
        prompt=f"{SECRET} 1",
        messages=[{"role": "user", "content": f"{SECRET} 2"}],
        variables={"x": f"{SECRET} 3"},
    )
    draft = Draft.objects.get(run=run, key="1.A.1")
    Draft.objects.filter(pk=draft.pk).update(text=f"{SECRET} 4", reasoning=SECRET)
    Call.objects.create(
        run=run,
        draft=draft,
        n=1,
        epoch=1,
        alias="fast",
        provider="stub",
        model="m",
        status="done",
        text=f"{SECRET} 5",
        opened_ms=0,
        started_at=now,
        tokens_in=3,
        tokens_out=4,
        cost_nanos=70,
        messages_hash="",
    )
    JournalEntry.objects.create(
        run=run, seq=1, epoch=1, kind="note", content={"why": f"{SECRET} 6"}
    )
    keep_copy(run, [Entry("1-1", {"t": 0, "k": "note", "text": f"{SECRET} 7"})])
    index_ended(run.pk)
    return run


def holding(word: str) -> list[str]:
    """The tables in which a word is."""
    found = []
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        for name in names:
            cursor.execute(f'SELECT * FROM "{name}"')
            if word in str([tuple(map(str, row)) for row in cursor.fetchall()]):
                found.append(name)
    return found


@pytest.mark.django_db(transaction=True)
def test_text_goes_everywhere_and_cost_stays(valkey: redis.Redis) -> None:
    ada = a_member()
    run = ended()
    valkey.xadd(feed_key(run.pk), {"e": SECRET})
    assert len(holding(SECRET)) >= 5
    delete_run(Viewer(ada), run)
    while settle_index():
        pass
    assert holding(SECRET) == []
    assert valkey.exists(feed_key(run.pk)) == 0
    [left] = DeletedRun.objects.all()
    assert (left.pk, left.user, left.deleted_by, left.calls) == (run.pk, ada, ada, 1)
    assert (left.cost_nanos, left.tokens_in, left.tokens_out) == (70, 3, 4)
    assert left.revision == run.revision


def test_search_forgets_at_once() -> None:
    ada = a_member()
    run = ended()
    delete_run(Viewer(ada), run)
    assert search_runs(Viewer(ada), Sought(words=SECRET)).count(at_most=9) == 0
    assert not RunWords.objects.exists()


def test_an_open_run_is_not_deleted() -> None:
    ada = a_member()
    run = a_run(status="running")
    with pytest.raises(Unprocessable, match="still going on"):
        delete_run(Viewer(ada), run)
    assert Run.objects.filter(pk=run.pk).exists()


def test_a_run_whose_worker_still_speaks_waits_for_its_last_word() -> None:
    viewer = Viewer(a_member())
    run = ended()
    Run.objects.filter(pk=run.pk).update(feed_last="")
    with pytest.raises(Unprocessable):
        delete_run(viewer, run)
    long_ago = timezone.now() - timedelta(minutes=2)
    Run.objects.filter(pk=run.pk).update(ended_at=long_ago)
    delete_run(viewer, run)
    assert not Run.objects.exists()


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_another_member_may_not_delete(role: str) -> None:
    run = ended()
    with pytest.raises(Forbidden):
        delete_run(Viewer(a_member("ben", role=role)), run)
    assert Run.objects.filter(pk=run.pk).exists()


def test_an_admin_of_the_team_may_delete() -> None:
    run = ended()
    delete_run(Viewer(a_member("olga", role="admin")), run)
    assert not Run.objects.exists()


def test_a_child_keeps_its_own_and_loses_the_link_only() -> None:
    ada = a_member()
    parent = ended()
    child = ended(parent=parent, branch={"kind": "follow_up"})
    source = Draft.objects.get(run=parent, key="1.A.1")
    Draft.objects.filter(run=child, key="1.A.1").update(source=source, given="reused")
    delete_run(Viewer(ada), parent)
    child.refresh_from_db()
    draft = Draft.objects.get(run=child, key="1.A.1")
    assert (child.parent, child.branch) == (None, {"kind": "follow_up"})
    assert (draft.source, draft.given, draft.text) == (None, "reused", f"{SECRET} 4")


def test_who_could_see_it_is_told_that_it_was_deleted() -> None:
    ada = a_member()
    run = ended()
    delete_run(Viewer(ada), run)
    with pytest.raises(Gone, match="ada deleted this run"):
        find_run(Viewer(a_member("vera", role="viewer")), run.pk)
    with pytest.raises(NotFound):
        find_run(Viewer(a_member("sten", team="elsewhere")), run.pk)


def aged(days: float, number: int, **more: Any) -> Run:
    """A run that began so many days ago."""
    began = id_at(timezone.now() - timedelta(days=days)).int
    return ended(id=UUID(int=began | 0x7000_8000_0000_0000_0000 | number), **more)


def test_a_team_keeps_its_runs_as_long_as_it_says() -> None:
    old, young = aged(31, 1), aged(29, 2)
    still = aged(400, 3, status="running")
    team = old.team
    assert list(outdated(team, 30)) == [old]
    assert not remove_outdated()
    Team.objects.filter(pk=team.pk).update(keep_days=30)
    assert remove_outdated()
    assert not remove_outdated()
    assert set(Run.objects.all()) == {young, still}
    assert DeletedRun.objects.get().deleted_by is None


def test_one_batch_goes_at_a_time_oldest_first() -> None:
    runs = [aged(40 - number / 10, number) for number in range(BATCH + 2)]
    Team.objects.update(keep_days=7)
    assert remove_outdated()
    assert set(Run.objects.all()) == set(runs[BATCH:])
    assert remove_outdated()
    assert not Run.objects.exists()


def test_a_team_without_a_term_keeps_all() -> None:
    aged(4000, 1)
    other = Team.objects.create(slug="other", name="Other", keep_days=1)
    assert not remove_outdated()
    assert (Run.objects.count(), User.objects.count()) == (1, 1)
    assert not outdated(other, 1).exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_deletes_by_itself_until_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("playground.runs.execution.keeping.BREATH_SECONDS", 0.01)
    for number in range(BATCH + 2):
        aged(40, number)
    Team.objects.update(keep_days=7)
    writer = Writer()
    try:
        async_to_sync(Keeper().keep)(writer)
    finally:
        writer.close()
    assert Run.objects.count() == 0
    assert DeletedRun.objects.count() == BATCH + 2
    assert holding(SECRET) == []
