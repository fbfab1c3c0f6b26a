"""Runs with a parent: what is given, left out, or written by another model."""

from __future__ import annotations

from playground.engine.branches import Branch, GivenDraft
from playground.engine.errors import KeyRefused
from playground.engine.events import (
    Cancel,
    DraftGiven,
    DraftSkipped,
    LayerClosed,
)
from playground.engine.machine import plan_ceiling
from playground.engine.plan import parse
from tests.engine.house import (
    PROMPT,
    Hand,
    Json,
    aggregate,
    cards,
    draft,
    hand,
    recipe,
    slot,
)

ONE_CALL = 126_000
A, B = GivenDraft("fast", "from A"), GivenDraft("bold", "from B", "thought")


def two_one(**first: object) -> Json:
    return recipe(draft(slot(), slot("bold"), **first), aggregate())


def begun(document: Json, branch: Branch) -> Hand:
    held = hand(document, branch=branch)
    held.start()
    return held


def test_layer_of_given_drafts_closes_at_once() -> None:
    held = begun(two_one(), Branch({"1.A.1": A, "1.B.1": B}))
    assert [row.kind for row in held.rows] == [
        *("started", "layer_opened", "draft_given", "draft_given", "layer_closed"),
        *("layer_opened", "call_opened"),
    ]
    assert held.rows[2] == DraftGiven("1.A.1", "fast", "from A")
    assert held.closed_layer(1).closed_by == "all"
    shown = held.sent[1].messages[-1].content
    assert "from A" in shown
    assert "from B" in shown
    held.done("2.Z.1")
    assert (held.ended().status, held.ended().degraded) == ("done", False)


def test_left_out_draft_is_skipped_and_the_run_is_not_degraded() -> None:
    branch = Branch({"1.A.1": A}, frozenset({"1.B.1"}))
    held = begun(two_one(quorum=2), branch)
    assert DraftSkipped("1.B.1", "left out") in held.rows
    assert held.closed_layer(1).passed_on == ("1.A.1",)
    held.done("2.Z.1")
    assert (held.ended().status, held.ended().degraded) == ("done", False)


def test_quorum_is_at_most_what_remains() -> None:
    document = recipe(draft(slot(), slot(), slot(), quorum=3), aggregate())
    held = begun(document, Branch(left_out=frozenset({"1.A.1"})))
    held.done("1.B.1")
    held.done("1.C.1")
    assert held.closed_layer(1).passed_on == ("1.B.1", "1.C.1")


def test_quorum_met_by_what_is_given_waits_for_what_is_to_be_written() -> None:
    document = recipe(draft(slot(), slot(), slot(), quorum=2), aggregate())
    held = begun(document, Branch({"1.A.1": A, "1.B.1": B}))
    held.fail("1.C.1")
    held.tick(held.machine.due_at or 0)
    held.done("1.C.1")
    assert held.closed_layer(1).passed_on == ("1.A.1", "1.B.1", "1.C.1")


def test_chosen_model_has_no_stand_ins_and_degrades_nothing() -> None:
    document = recipe(draft(slot(fallback=["spare"]), slot("bold")), aggregate())
    branch = Branch({"1.B.1": B}, models={"1.A.1": "careful"})
    held = begun(document, branch)
    held.done("1.A.1")
    held.done("2.Z.1")
    assert held.calls_of("1.A.1") == ["careful"]
    assert held.ended().degraded is False
    other = begun(document, branch)
    other.exhaust("1.A.1", KeyRefused("refused"))
    assert other.calls_of("1.A.1") == ["careful"]


def test_run_of_given_drafts_alone_ends_without_a_call() -> None:
    edited = GivenDraft("careful", "my own words")
    branch = Branch({"1.A.1": A, "1.B.1": B, "2.Z.1": edited})
    held = begun(two_one(), branch)
    assert held.sent == {}
    assert (held.ended().status, held.ended().answer) == ("done", "2.Z.1")


def test_cancelled_before_it_began_a_given_draft_is_still_given() -> None:
    branch = Branch({"1.A.1": A}, frozenset({"1.B.1"}))
    held = hand(two_one(), branch=branch)
    held.give(Cancel(5))
    assert [row.kind for row in held.rows] == [
        *("draft_given", "draft_skipped", "draft_skipped", "run_ended"),
    ]
    assert held.ended().status == "cancelled"
    assert not any(isinstance(row, LayerClosed) for row in held.rows)


def test_wishes_for_what_this_run_does_not_write_are_ignored() -> None:
    document = recipe(draft(slot(), slot(), slot()), aggregate())
    held = begun(document, Branch({"1.A.1": A}, frozenset({"1.B.1"})))
    assert held.retry("1.A.1").rows == ()
    assert held.stop("1.B.1").rows == ()
    assert held.retry("1.B.1").rows == ()


def test_ceiling_counts_only_what_will_be_called() -> None:
    document = recipe(draft(slot(), slot("bold")), aggregate(sees="none"))
    plan = parse(document)

    def ceiling(branch: Branch) -> int | None:
        return plan_ceiling(plan, cards(), PROMPT, {}, branch=branch)

    assert ceiling(Branch()) == 3 * ONE_CALL
    assert ceiling(Branch({"1.A.1": A})) == 2 * ONE_CALL
    assert ceiling(Branch({"1.A.1": A}, frozenset({"1.B.1"}))) == ONE_CALL
    assert ceiling(Branch(dict.fromkeys(("1.A.1", "1.B.1", "2.Z.1"), A))) == 0


def test_ceiling_knows_the_length_of_what_is_given() -> None:
    plan = parse(two_one())
    short, long = (
        plan_ceiling(
            plan,
            cards(),
            PROMPT,
            {},
            branch=Branch(dict.fromkeys(("1.A.1", "1.B.1"), GivenDraft("fast", text))),
        )
        for text in ("x" * 10, "x" * 1010)
    )
    assert short is not None
    assert long is not None
    assert long - short == 2 * 500 * 1000


def test_money_for_an_answer_that_is_given_is_not_set_aside() -> None:
    document = recipe(
        draft(slot(), slot("bold")),
        aggregate(sees="none"),
        limits={"max_cost_usd": 0.00013},
    )
    held = begun(document, Branch({"1.B.1": B, "2.Z.1": A}))
    assert list(held.machine.open_calls.values()) == ["1.A.1"]
    other = begun(document, Branch({"1.B.1": B}))
    assert list(other.machine.open_calls.values()) == ["2.Z.1"]


def test_cancel_between_two_layers_keeps_what_the_next_one_was_given() -> None:
    document, branch = two_one(), Branch({"2.Z.1": A})
    whole = begun(document, branch)
    whole.done("1.A.1")
    whole.done("1.B.1")
    closed = whole.rows.index(whole.closed_layer(1))
    again = hand(document, rows=whole.rows[: closed + 1], branch=branch)
    again.give(Cancel(9))
    assert again.row(DraftGiven).key == "2.Z.1"
    assert again.ended().status == "cancelled"
