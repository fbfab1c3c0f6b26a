"""How layers close: quorum, time, faults, limits, and a person's stop."""

from __future__ import annotations

import pytest

from playground.engine.errors import KeyRefused
from playground.engine.events import (
    CallDone,
    CallEnded,
    Cancel,
    DraftFailed,
    DraftSkipped,
    DraftStopped,
    Heard,
    LayerClosed,
    RunEnded,
    Start,
    Started,
    Step,
)
from playground.engine.strategies import LAST_RESORT
from playground.engine.usage import Usage
from tests.engine.house import (
    SINGLE,
    THREE,
    aggregate,
    draft,
    hand,
    recipe,
    slot,
    three_two_one,
)


def test_quorum_goes_on_after_its_grace_and_leaves_stragglers() -> None:
    held = three_two_one(quorum=2, grace_s=4)
    held.done("1.A.1", at=100)
    held.done("1.B.1", at=200)
    assert held.machine.due_at == 4200
    held.machine.learn(Heard({3: 10}, {3: 250}))
    step = held.tick(4200)
    assert step.rows[:3] == (
        LayerClosed(1, 4200, "quorum", ("1.A.1", "1.B.1")),
        held.row(CallEnded, n=3),
        DraftStopped("1.C.1"),
    )
    assert held.row(CallEnded, n=3).status == "cancelled"
    assert held.row(CallEnded, n=3).first_token_ms == 250
    assert held.row(CallEnded, n=3).usage == Usage(26, 0, 3, 0, estimated=True)
    assert held.closed == [3]
    for key in ("2.A.1", "2.B.1", "3.Z.1"):
        held.done(key)
    assert (held.ended().status, held.ended().degraded) == ("done", True)


def test_quorum_without_grace_goes_on_at_once() -> None:
    held = three_two_one(quorum=1)
    held.done("1.B.1")
    assert held.closed_layer(1).passed_on == ("1.B.1",)


def test_grace_that_outlasts_the_layer_ends_with_it() -> None:
    held = three_two_one(quorum=1, grace_s=20, timeout_s=10)
    held.done("1.A.1")
    held.tick(30_000)
    assert held.closed_layer(1).closed_by == "timeout"
    assert held.closed_layer(1).passed_on == ("1.A.1",)


def test_all_drafts_within_the_grace_leave_nobody_behind() -> None:
    held = three_two_one(quorum=2, grace_s=4)
    for key in ("1.A.1", "1.B.1", "1.C.1"):
        held.done(key)
    assert held.closed_layer(1).closed_by == "all"


def test_too_few_drafts_fail_the_run_and_every_cause_is_told() -> None:
    held = three_two_one(quorum=2)
    held.exhaust("1.A.1", KeyRefused("the key is refused"))
    held.exhaust("1.B.1", KeyRefused("no such model."))
    held.done("1.C.1")
    assert held.closed_layer(1).passed_on == ()
    assert held.row(DraftSkipped, key="3.Z.1")
    assert held.ended() == RunEnded(
        0,
        "failed",
        "quorum",
        None,
        True,
        "Layer 1 needs 2 usable drafts and got 1.\n"
        "1.A.1 failed: fast: the key is refused (1 call).\n"
        "1.B.1 failed: careful: no such model. (1 call).",
    )


def test_one_usable_draft_is_enough_without_a_quorum() -> None:
    held = three_two_one()
    held.exhaust("1.A.1")
    held.exhaust("1.B.1")
    held.done("1.C.1")
    assert held.closed_layer(1).passed_on == ("1.C.1",)


def test_layers_timeout_fails_what_is_still_being_written() -> None:
    held = three_two_one(timeout_s=10, max_parallel=2)
    held.done("1.A.1")
    step = held.tick(10_000)
    assert held.closed_layer(1).closed_by == "timeout"
    assert held.closed_layer(1).passed_on == ("1.A.1",)
    causes = {row.key: row.cause for row in step.rows if isinstance(row, DraftFailed)}
    assert causes == {
        "1.B.1": "careful: not done within the layer's 10 s (1 call)",
        "1.C.1": "bold: not done within the layer's 10 s (1 call)",
    }
    assert {row.status for row in step.rows if isinstance(row, CallEnded)} == {"failed"}


def test_timeout_names_a_draft_that_was_never_sent() -> None:
    held = three_two_one(timeout_s=10, max_parallel=1)
    held.tick(10_000)
    assert (
        held.row(DraftFailed, key="1.C.1").cause
        == "not written within the layer's 10 s"
    )
    assert held.ended().reason == "no_answer"


def test_failed_slot_aborts_the_run_when_it_must_not_fail() -> None:
    held = three_two_one(on_fail="abort", max_parallel=2)
    held.exhaust("1.A.1", KeyRefused("refused"))
    assert held.closed_layer(1).closed_by == "abort"
    assert held.row(DraftStopped, key="1.B.1")
    assert held.row(DraftSkipped, key="1.C.1")
    assert (held.ended().status, held.ended().reason) == ("failed", "abort")
    assert "1.A.1 failed: fast: refused" in held.ended().message


def test_timeout_aborts_a_run_whose_slots_must_not_fail() -> None:
    held = three_two_one(on_fail="abort", timeout_s=10)
    held.done("1.A.1")
    held.tick(10_000)
    assert (held.closed_layer(1).closed_by, held.ended().reason) == ("timeout", "abort")


def test_deadline_ends_the_run() -> None:
    held = hand(recipe(THREE, aggregate(), limits={"deadline_s": 20}))
    held.start()
    held.done("1.A.1")
    assert held.machine.due_at == 20_000
    held.tick(20_000)
    assert held.closed_layer(1).closed_by == "deadline"
    assert (held.ended().status, held.ended().reason) == ("failed", "deadline")
    assert held.ended().message.startswith("The run's 20 s were over in Layer 1")


def test_answer_that_came_before_the_deadline_was_noticed_counts() -> None:
    held = hand(recipe(draft(slot()), limits={"deadline_s": 20}))
    held.start()
    held.done("1.A.1", at=20_001)
    assert held.ended().status == "done"


def test_max_calls_forbids_what_is_beyond_it() -> None:
    held = hand(recipe(THREE, aggregate(), limits={"max_calls": 3}))
    held.start()
    held.fail("1.A.1")
    held.tick(5000)
    assert [row.cause for row in held.rows if isinstance(row, DraftFailed)] == [
        "limit: 2 of 3 calls are made, and the rest is the answer's"
    ] * 2
    held.done("1.B.1")
    assert held.closed_layer(1).notes[0] == "limit"
    held.fail("2.Z.1")
    held.tick(9000)
    assert held.rows[-3] == DraftFailed(
        "2.Z.1", "limit: all 3 calls of the run are made"
    )
    assert held.closed_layer(2).notes[:2] == (LAST_RESORT, "limit")
    assert (held.ended().status, held.ended().answer) == ("done", "1.B.1")


def test_cancel_stops_what_is_written_and_skips_the_rest() -> None:
    held = three_two_one(max_parallel=1)
    held.fail("1.A.1")
    step = held.give(Cancel(300))
    assert [type(row) for row in step.rows] == [
        *(LayerClosed, CallEnded, DraftSkipped, DraftStopped),
        *(DraftSkipped, DraftSkipped, DraftSkipped, DraftSkipped, RunEnded),
    ]
    assert held.closed_layer(1).closed_by == "cancel"
    assert held.row(DraftStopped).key == "1.B.1"
    assert held.closed == [2]
    assert (held.ended().status, held.ended().reason) == ("cancelled", "cancelled")
    assert held.give(Cancel(400)) == Step()


@pytest.mark.parametrize("started", [False, True])
def test_run_that_never_began_is_cancelled_too(started: bool) -> None:
    held = hand(SINGLE, rows=[Started(0)] if started else [])
    step = held.give(Cancel(5))
    assert step.rows == (
        DraftSkipped("1.A.1"),
        RunEnded(5, "cancelled", "cancelled", None, False, held.ended().message),
    )
    assert held.give(Start(9)) == Step()


def test_events_that_mean_nothing_change_nothing() -> None:
    held = hand(SINGLE)
    assert held.tick(5) == Step()
    assert held.machine.due_at is None
    held.start()
    assert held.start() == Step()
    assert held.give(CallDone(99, 6, "who?")) == Step()
    held.done("1.A.1", at=7)
    assert held.give(CallDone(1, 8, "again")) == Step()
    assert held.machine.due_at is None


def test_call_has_its_own_limit_and_else_the_layers() -> None:
    held = hand(recipe(draft(slot(timeout_s=20), slot(), timeout_s=60), aggregate()))
    held.start()
    assert (held.sent[1].timeout_s, held.sent[2].timeout_s) == (20, 61)
