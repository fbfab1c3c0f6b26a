"""A run that another worker takes over."""

from __future__ import annotations

from playground.engine.errors import ServerFailed
from playground.engine.events import (
    CallDone,
    CallEnded,
    Cancel,
    DraftDone,
    DraftSkipped,
    Heard,
    Resume,
    SendCall,
    Tick,
)
from playground.engine.usage import Usage
from tests.engine.house import (
    SINGLE,
    aggregate,
    draft,
    hand,
    recipe,
    slot,
)


def test_lost_call_is_settled_and_made_again_without_using_up_a_retry() -> None:
    document = recipe(draft(slot(retries=0)))
    first = hand(document)
    first.start()
    second = hand(document, rows=first.rows)
    second.machine.learn(Heard({1: 4}, {1: 900}))
    step = second.give(Resume(5000, 4000, 2))
    assert second.row(CallEnded).status == "lost"
    assert second.row(CallEnded).first_token_ms == 900
    assert second.row(CallEnded).usage == Usage(26, 0, 1, 0, estimated=True)
    assert [command.n for command in step.commands] == [2]
    assert isinstance(step.commands[0], SendCall)
    assert step.commands[0].messages == first.sent[1].messages


def test_lost_call_of_unknown_length_counts_as_written_to_its_limit() -> None:
    first = hand(SINGLE)
    first.start()
    second = hand(SINGLE, rows=first.rows)
    second.give(Resume(5000, 4000, 2))
    usage = second.row(CallEnded).usage
    assert usage is not None
    assert usage.tokens_out == 100


def test_time_away_counts_for_the_deadline_and_not_for_the_layer() -> None:
    document = recipe(
        draft(slot(), slot(), timeout_s=10, quorum=1, grace_s=5),
        aggregate(),
        limits={"deadline_s": 60},
    )
    first = hand(document)
    first.start()
    first.done("1.A.1", at=1000)
    second = hand(document, rows=first.rows)
    second.give(Resume(32_000, 30_000, 2))
    assert second.machine.due_at == 36_000
    second.tick(36_000)
    assert second.closed_layer(1).closed_by == "quorum"
    third = hand(document, rows=first.rows + second.rows)
    third.give(Resume(60_000, 20_000, 3))
    assert third.ended().reason == "deadline"


def test_resume_of_a_run_that_never_began_begins_it() -> None:
    held = hand(SINGLE)
    step = held.give(Resume(50, 50, 2))
    assert [row.kind for row in step.rows] == [
        *("started", "resumed", "layer_opened", "call_opened"),
    ]


def test_draft_that_is_journalled_is_not_called_again() -> None:
    first = hand(recipe(draft(slot()), aggregate()))
    first.start()
    first.done("1.A.1", "kept")
    cut = first.rows[: first.rows.index(first.row(DraftDone)) + 1]
    second = hand(recipe(draft(slot()), aggregate()), rows=cut)
    second.give(Resume(10, 5, 2))
    assert second.row(CallEnded, n=1).status == "lost"
    assert second.calls_of("1.A.1") == []
    assert "kept" in second.sent[2].messages[-1].content
    third = hand(recipe(draft(slot()), aggregate()), rows=cut)
    third.give(CallDone(1, 11, "late"))
    assert third.row(CallEnded, n=1).status == "done"
    assert not any(isinstance(row, DraftDone) for row in third.rows)


def test_cancel_after_a_cut_between_two_layers_ends_the_run() -> None:
    first = hand(recipe(draft(slot()), aggregate()))
    first.start()
    first.done("1.A.1")
    cut = first.rows[: first.rows.index(first.closed_layer(1)) + 1]
    second = hand(recipe(draft(slot()), aggregate()), rows=cut)
    second.give(Cancel(10))
    assert second.closed_layer(2).closed_by == "cancel"
    assert second.sent == {}
    assert second.row(DraftSkipped).key == "2.Z.1"
    assert second.ended().status == "cancelled"


def test_cancel_after_a_cut_at_the_last_layer_keeps_the_answer() -> None:
    first = hand(SINGLE)
    first.start()
    first.done("1.A.1")
    second = hand(SINGLE, rows=first.rows[:-1])
    second.give(Cancel(10))
    assert second.ended().answer == "1.A.1"


def test_tick_is_never_due_in_the_past() -> None:
    held = hand(SINGLE)
    held.start()
    held.fail("1.A.1", ServerFailed("busy", after=0))
    assert held.machine.open_calls == {2: "1.A.1"}
    held.give(Tick(1000))
    assert held.machine.due_at == 300_000


def test_lost_call_keeps_its_place_before_what_waited_behind_it() -> None:
    document = recipe(draft(slot(), slot(), max_parallel=1), aggregate())
    first = hand(document)
    first.start()
    first.fail("1.A.1")
    second = hand(document, rows=first.rows)
    second.give(Resume(9000, 8000, 2))
    assert list(second.machine.open_calls.values()) == ["1.B.1"]
