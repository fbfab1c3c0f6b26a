"""Runs that go on from another: what they reuse, what they write, what they cost."""

from __future__ import annotations

import pytest

from playground.accounts.access import Viewer
from playground.engine.errors import KeyRefused
from playground.engine.events import CallFailed, Cancel
from playground.runs.branching import (
    retry_in_branch,
    with_edited,
    without_drafts,
)
from playground.runs.export import export_run
from playground.runs.models import Call, Draft, Run
from playground.runs.services import cancel_run
from playground.runs.snapshots import snapshot
from tests.runs.branching.reading import called, state
from tests.runs.driving import Driven
from tests.runs.factories import a_run

pytestmark = pytest.mark.django_db


def test_without_a_draft_the_answer_alone_is_written_again(
    parent: Run, ada: Viewer
) -> None:
    child = without_drafts(ada, parent, ["1.B.1"])
    assert state(child) == {
        "1.A.1": ("done", "from A", "reused"),
        "1.B.1": ("skipped", "", "left_out"),
        "2.Z.1": ("waiting", "", ""),
    }
    assert (child.parent, child.seed) == (parent, parent.seed)
    assert child.branch == {"kind": "left_out", "keys": ["1.B.1"], "models": {}}
    assert child.ceiling_nanos is not None
    assert parent.ceiling_nanos is None or child.ceiling_nanos < parent.ceiling_nanos
    driven = Driven(child)
    driven.done("2.Z.1", "another answer")
    child.refresh_from_db()
    assert (child.status, child.degraded, child.answer_key) == ("done", False, "2.Z.1")
    assert called(child) == ["2.Z.1"]
    assert child.cost_nanos == Call.objects.get(run=child).cost_nanos
    assert state(child)["1.A.1"] == ("done", "from A", "reused")
    assert Draft.objects.get(run=child, key="1.B.1").cause == "left out"


def test_given_drafts_are_shown_before_the_run_begins(parent: Run, ada: Viewer) -> None:
    child = without_drafts(ada, parent, ["1.B.1"])
    shown = {draft.key: draft for draft in snapshot(child).drafts}
    assert (shown["1.A.1"].status, shown["1.A.1"].text) == ("done", "from A")
    assert shown["1.A.1"].source == Draft.objects.get(run=parent, key="1.A.1")
    told = export_run(child)
    assert told["parent"] == str(parent.pk)
    assert told["x_branch"]["kind"] == "left_out"
    assert [draft["x_given"] for draft in told["drafts"]] == [
        *("reused", "left_out", None),
    ]


def test_edited_draft_is_what_the_answer_reads(parent: Run, ada: Viewer) -> None:
    child = with_edited(ada, parent, "1.A.1", "my own words")
    assert state(child)["1.A.1"] == ("done", "my own words", "edited")
    assert state(child)["1.B.1"] == ("done", "from B", "reused")
    assert Draft.objects.get(run=child, key="1.A.1").reasoning == ""
    assert Draft.objects.get(run=child, key="1.B.1").reasoning == "thought"
    driven = Driven(child)
    sent = driven.machine.open_calls
    assert list(sent.values()) == ["2.Z.1"]
    driven.done("2.Z.1", "x")
    assert state(parent)["1.A.1"] == ("done", "from A", "")


def test_edited_answer_ends_without_a_call(parent: Run, ada: Viewer) -> None:
    child = with_edited(ada, parent, "2.Z.1", "better said")
    assert child.ceiling_nanos == 0
    Driven(child)
    child.refresh_from_db()
    assert (child.status, child.answer_key, child.cost_nanos) == ("done", "2.Z.1", 0)


@pytest.mark.locks
@pytest.mark.django_db(transaction=True)
def test_retry_writes_one_draft_again_and_what_reads_it(
    parent: Run, ada: Viewer
) -> None:
    child = retry_in_branch(ada, parent, "1.A.1", "bold")
    assert child.branch["models"] == {"1.A.1": "bold"}
    assert set(child.cards) == {"fast", "bold"}
    assert Draft.objects.get(run=child, key="1.A.1").model == "bold"
    driven = Driven(child)
    assert list(driven.machine.open_calls.values()) == ["1.A.1"]
    driven.done("1.A.1", "bolder")
    driven.done("2.Z.1", "another answer")
    child.refresh_from_db()
    assert (child.status, child.degraded) == ("done", False)
    assert called(child) == ["1.A.1", "2.Z.1"]
    assert Call.objects.get(run=child, n=1).alias == "bold"


def test_retry_of_the_answer_writes_it_alone(parent: Run, ada: Viewer) -> None:
    child = retry_in_branch(ada, parent, "2.Z.1")
    driven = Driven(child)
    assert list(driven.machine.open_calls.values()) == ["2.Z.1"]


def test_retry_of_a_failed_draft_leaves_what_else_failed_out(ada: Viewer) -> None:
    parent = a_run()
    driven = Driven(parent)
    refused = KeyRefused("refused", status=401)
    driven.give(CallFailed(1, 5, refused), CallFailed(2, 6, refused))
    parent.refresh_from_db()
    assert parent.status == "failed"
    child = retry_in_branch(ada, parent, "1.A.1")
    assert state(child)["1.B.1"] == ("skipped", "", "left_out")
    assert Draft.objects.get(run=child, key="1.B.1").cause.startswith("The run before")
    assert state(child)["2.Z.1"][0] == "waiting"


def test_retry_with_all_that_failed_asks_each_of_the_layer_again(ada: Viewer) -> None:
    parent = a_run()
    driven = Driven(parent)
    refused = KeyRefused("refused", status=401)
    driven.give(CallFailed(1, 5, refused), CallFailed(2, 6, refused))
    parent.refresh_from_db()

    child = retry_in_branch(ada, parent, "1.A.1", "bold", with_failed=True)

    assert {key: each[0] for key, each in state(child).items()} == dict.fromkeys(
        ("1.A.1", "1.B.1", "2.Z.1"), "waiting"
    )
    assert child.branch["keys"] == ["1.A.1", "1.B.1"]
    assert child.branch["models"] == {"1.A.1": "bold"}


def test_what_never_began_in_the_parent_is_written(ada: Viewer) -> None:
    parent = a_run()
    driven = Driven(parent)
    driven.done("1.A.1", "from A")
    driven.give(Cancel(20))
    parent.refresh_from_db()
    child = with_edited(ada, parent, "1.A.1", "mine")
    driven = Driven(child)
    driven.done("2.Z.1", "the answer")
    child.refresh_from_db()
    assert child.status == "done"


def test_branch_of_a_branch_keeps_what_was_chosen(parent: Run, ada: Viewer) -> None:
    first = finished_branch(retry_in_branch(ada, parent, "1.A.1", "bold"))
    second = without_drafts(ada, first, ["1.B.1"])
    third = retry_in_branch(ada, finished_branch(second), "2.Z.1", "bold")
    assert state(third)["1.B.1"] == ("skipped", "", "left_out")
    assert Draft.objects.get(run=third, key="1.A.1").model == "bold"
    again = retry_in_branch(ada, finished_branch(third), "1.B.1")
    assert state(again)["1.B.1"] == ("waiting", "", "")
    assert again.branch["models"] == {"2.Z.1": "bold"}


def finished_branch(run: Run) -> Run:
    driven = Driven(run)
    while driven.machine.open_calls:
        for key in list(driven.machine.open_calls.values()):
            driven.done(key, f"new {key}")
    run.refresh_from_db()
    assert run.status == "done"
    return run


@pytest.mark.locks
@pytest.mark.django_db(transaction=True)
def test_branch_resumes_as_any_run(parent: Run, ada: Viewer) -> None:
    child = without_drafts(ada, parent, ["1.A.1"])
    Driven(child).kill()
    driven = Driven(child, worker="w2")
    driven.done("2.Z.1", "another answer")
    child.refresh_from_db()
    assert (child.status, child.recoveries) == ("done", 1)
    calls = Call.objects.filter(run=child).values_list("draft__key", "status")
    assert list(calls) == [("2.Z.1", "lost"), ("2.Z.1", "done")]


@pytest.mark.locks
@pytest.mark.django_db(transaction=True)
def test_cancelled_branch_keeps_what_it_was_given(parent: Run, ada: Viewer) -> None:
    child = without_drafts(ada, parent, ["1.B.1"])
    cancel_run(child)
    child.refresh_from_db()
    assert child.status == "cancelled"
    assert state(child) == {
        "1.A.1": ("done", "from A", "reused"),
        "1.B.1": ("skipped", "", "left_out"),
        "2.Z.1": ("skipped", "", ""),
    }
