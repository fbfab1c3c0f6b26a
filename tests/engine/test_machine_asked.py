"""What people do with single drafts: stop one, retry one, with another model."""

from __future__ import annotations

from dataclasses import replace

import pytest

from playground.engine.errors import KeyRefused
from playground.engine.events import (
    CallEnded,
    Cancel,
    CloseCall,
    DraftDone,
    DraftFailed,
    DraftStopped,
    LayerClosed,
    RetryAsked,
    RetryDraft,
    SendCall,
    StopAsked,
)
from tests.engine.house import (
    Hand,
    aggregate,
    cards,
    draft,
    hand,
    recipe,
    resumed,
    slot,
    three_two_one,
)

TWO_ONE = recipe(draft(slot(), slot("bold")), aggregate())
KEY = KeyRefused("refused", status=401)


def two_one() -> Hand:
    held = hand(TWO_ONE)
    held.start()
    return held


def kinds(held: Hand, since: int) -> list[str]:
    return [row.kind for row in held.rows[since:]]


def test_stop_closes_the_call_and_the_layer_goes_on_without_the_draft() -> None:
    held = two_one()
    before, n = len(held.rows), held.n("1.A.1")
    step = held.stop("1.A.1")
    assert kinds(held, before) == ["stop_asked", "call_ended", "draft_stopped"]
    assert step.commands == (CloseCall(n),)
    assert held.row(CallEnded).status == "cancelled"
    held.done("1.B.1")
    assert held.closed_layer(1).passed_on == ("1.B.1",)
    held.done("2.Z.1")
    assert (held.ended().status, held.ended().degraded) == ("done", True)


def test_stop_of_a_draft_that_waits_for_its_next_try_ends_it() -> None:
    held = two_one()
    held.fail("1.A.1")
    step = held.stop("1.A.1")
    assert [row.kind for row in step.rows] == ["stop_asked", "draft_stopped"]
    assert held.machine.open_calls == {2: "1.B.1"}


def test_stop_of_what_has_ended_or_not_begun_leaves_no_row() -> None:
    held = two_one()
    held.done("1.A.1")
    assert held.stop("1.A.1").rows == ()
    assert held.stop("2.Z.1").rows == ()
    assert held.stop("9.X.1").rows == ()


def test_stop_of_every_draft_fails_the_run_and_says_who_was_stopped() -> None:
    held = two_one()
    held.stop("1.A.1")
    held.stop("1.B.1")
    ended = held.ended()
    assert (ended.status, ended.reason) == ("failed", "no_answer")
    assert ended.message.splitlines() == [
        "Layer 1 needs 1 usable draft and got 0.",
        "1.A.1 was stopped.",
        "1.B.1 was stopped.",
    ]


def test_stop_of_every_draft_short_of_the_quorum_says_so() -> None:
    held = three_two_one(quorum=2)
    held.done("1.A.1")
    held.stop("1.B.1")
    held.stop("1.C.1")
    assert (held.ended().status, held.ended().reason) == ("failed", "quorum")


def test_stop_of_the_aggregator_leaves_the_first_draft_that_it_was_given() -> None:
    held = two_one()
    held.done("1.A.1")
    held.done("1.B.1")
    held.stop("2.Z.1")
    assert (held.ended().answer, held.ended().degraded) == ("1.A.1", True)


def test_stop_under_abort_does_not_end_the_run() -> None:
    held = three_two_one(on_fail="abort")
    held.stop("1.A.1")
    assert held.rows[-1] == DraftStopped("1.A.1")


def test_retry_of_an_open_call_cancels_it_and_asks_again_at_once() -> None:
    held = two_one()
    before, n = len(held.rows), held.n("1.A.1")
    step = held.retry("1.A.1")
    assert kinds(held, before) == ["retry_asked", "call_ended", "call_opened"]
    close, send = step.commands
    assert close == CloseCall(n)
    assert isinstance(send, SendCall)
    assert (send.key, send.alias, send.messages) == (
        "1.A.1",
        "fast",
        held.sent[n].messages,
    )


def test_retry_with_another_model_is_no_fallback() -> None:
    held = two_one()
    held.retry("1.A.1", "careful")
    held.done("1.A.1")
    held.done("1.B.1")
    held.done("2.Z.1")
    assert held.calls_of("1.A.1") == ["fast", "careful"]
    assert held.row(DraftDone, key="1.A.1").alias == "careful"
    assert held.ended().degraded is False


def test_retry_with_a_model_that_the_run_has_no_card_of_is_ignored() -> None:
    held = two_one()
    assert held.retry("1.A.1", "stranger").rows == ()


def test_retry_of_a_failed_draft_gives_it_another_chance() -> None:
    held = two_one()
    held.fail("1.A.1", KEY)
    assert held.rows[-1] == DraftFailed("1.A.1", "fast: refused (1 call)")
    held.retry("1.A.1")
    held.done("1.A.1", "better")
    held.done("1.B.1")
    assert held.closed_layer(1).passed_on == ("1.A.1", "1.B.1")
    held.done("2.Z.1")
    assert held.ended().degraded is False


def test_retry_of_a_stopped_draft_writes_it_after_all() -> None:
    held = two_one()
    held.stop("1.A.1")
    held.retry("1.A.1")
    held.done("1.A.1")
    held.done("1.B.1")
    assert held.closed_layer(1).passed_on == ("1.A.1", "1.B.1")


def test_retry_replaces_a_draft_that_was_done() -> None:
    held = two_one()
    held.done("1.A.1", "first")
    held.retry("1.A.1")
    assert held.row(RetryAsked).text == "first"
    held.done("1.A.1", "second")
    held.done("1.B.1")
    assert "second" in held.sent[held.n("2.Z.1")].messages[-1].content
    assert "first" not in held.sent[held.n("2.Z.1")].messages[-1].content


@pytest.mark.parametrize("alias", [None, "careful"])
def test_retry_in_vain_leaves_what_was_there(alias: str | None) -> None:
    held = two_one()
    held.done("1.A.1", "first", reasoning="thought")
    held.retry("1.A.1", alias)
    held.fail("1.A.1", KEY)
    assert held.rows[-1] == DraftDone("1.A.1", 1, "fast", "first", "thought")
    held.done("1.B.1")
    held.done("2.Z.1")
    assert held.ended().degraded is False


@pytest.mark.parametrize("way", ["stop", "cancel", "timeout"])
def test_retry_cut_short_leaves_what_was_there(way: str) -> None:
    held = two_one()
    held.done("1.A.1", "first")
    held.retry("1.A.1")
    if way == "stop":
        held.stop("1.A.1")
    elif way == "timeout":
        held.tick(300_000)
        assert held.closed_layer(1).passed_on == ("1.A.1",)
    else:
        held.give(Cancel(held.at))
    assert held.row(DraftDone, key="1.A.1") == DraftDone("1.A.1", 1, "fast", "first")
    assert not any(isinstance(r, DraftStopped) and r.key == "1.A.1" for r in held.rows)


def test_retry_without_money_leaves_what_was_there() -> None:
    document = recipe(draft(slot(), slot("bold")), aggregate(), limits={"max_calls": 3})
    held = hand(document)
    held.start()
    held.done("1.A.1", "first")
    held.retry("1.A.1")
    assert held.rows[-1] == DraftDone("1.A.1", 1, "fast", "first")


def test_retry_goes_before_what_waits_for_a_place() -> None:
    held = three_two_one(max_parallel=1)
    held.done("1.A.1")
    held.retry("1.A.1")
    held.done("1.B.1")
    assert list(held.machine.open_calls.values()) == ["1.A.1"]
    held.done("1.A.1")
    assert list(held.machine.open_calls.values()) == ["1.C.1"]


def test_quorum_waits_for_what_a_person_asked_for() -> None:
    held = three_two_one(quorum=2, grace_s=5)
    held.done("1.A.1", at=1000)
    held.done("1.B.1", at=1000)
    held.retry("1.A.1")
    held.tick(6000)
    assert not any(isinstance(row, LayerClosed) for row in held.rows)
    held.done("1.A.1", "second", at=8000)
    assert held.closed_layer(1).closed_by == "quorum"
    assert held.row(DraftStopped).key == "1.C.1"


def test_retry_of_a_closed_layer_leaves_no_row() -> None:
    held = two_one()
    held.done("1.A.1")
    held.done("1.B.1")
    assert held.retry("1.A.1").rows == ()
    held.done("2.Z.1")
    assert held.retry("2.Z.1").rows == ()


def test_retry_that_was_asked_survives_its_worker() -> None:
    first = two_one()
    first.done("1.A.1", "first")
    first.give(RetryDraft("1.A.1", "careful", 5))
    asked = first.rows.index(first.row(RetryAsked)) + 1
    for length in (asked, len(first.rows)):
        again = resumed(TWO_ONE, first.rows[:length], at=9000)
        assert again.sent[again.n("1.A.1")].alias == "careful"
        again.fail("1.A.1", KEY)
        assert again.row(DraftDone).text == "first"


def test_stop_that_was_asked_survives_its_worker() -> None:
    first = two_one()
    first.stop("1.A.1")
    cut = first.rows[: first.rows.index(first.row(StopAsked)) + 1]
    again = resumed(TWO_ONE, cut, at=9000)
    assert again.row(DraftStopped).key == "1.A.1"
    assert list(again.machine.open_calls.values()) == ["1.B.1"]


def test_wishes_before_anything_began_leave_no_row() -> None:
    held = hand(TWO_ONE)
    held.stop("1.A.1")
    held.retry("1.A.1")
    assert held.rows == []


def test_retry_with_a_model_that_is_not_known_leaves_no_row_until_it_is() -> None:
    held = two_one()
    before = len(held.rows)
    held.retry("1.A.1", "newcomer")
    assert held.rows[before:] == []
    card = cards()["fast"]
    held.machine.know({"newcomer": replace(card, alias="newcomer")})
    held.retry("1.A.1", "newcomer")
    assert held.calls_of("1.A.1") == ["fast", "newcomer"]
