"""Judges in a run: asked once more when they cannot be read, then counted as unread."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playground.engine.branches import Branch, GivenDraft
from playground.engine.demand import plan_ceiling
from playground.engine.errors import RecipeError
from playground.engine.events import (
    CallEnded,
    CallOpened,
    Cancel,
    DraftDone,
    LayerClosed,
    ReplyUnread,
    Resume,
    row_from_json,
)
from playground.engine.findings import NO_ANALYSIS, Analysis
from playground.engine.plan import parse
from tests.engine.house import (
    FINDINGS,
    PROMPT,
    Hand,
    Json,
    aggregate,
    cards,
    compare,
    draft,
    hand,
    recipe,
    slot,
)

TWO = draft(slot(), slot("bold"))
AGREED = FINDINGS | {"consensus": [{"point": "It scatters.", "drafts": ["A", "B"]}]}
READABLE = json.dumps(AGREED)


def judged(*judges: Json, limits: Json | None = None, **more: Any) -> Hand:
    """A run of compare at the moment when its judges are asked."""
    held = hand(recipe(TWO, compare(*judges, **more), aggregate(), limits=limits or {}))
    held.start()
    held.done("1.A.1", "blue")
    held.done("1.B.1", "sky")
    return held


def analysis_of(row: LayerClosed) -> Analysis:
    assert row.verdict is not None
    return row.verdict


def repairs(held: Hand) -> list[int | None]:
    return [row.repairs for row in held.rows if isinstance(row, CallOpened)]


def test_judge_sees_the_drafts_and_is_told_to_judge_them() -> None:
    held = judged()
    asked = held.sent[3].messages[-1].content
    assert asked.startswith("Why is the sky blue?\n\nThe prompt above was given to")
    assert "blue" in asked
    assert "sky" in asked
    assert "reply to the prompt in your own words" not in asked
    assert "Compare the drafts A, B." in asked.rpartition("[end of reference 2")[2]


def test_all_drafts_go_on_with_the_analysis() -> None:
    held = judged()
    held.done("2.A.1", f"Surely:\n```json\n{READABLE}\n```")
    layer = held.closed_layer(2)
    assert layer.passed_on == ("1.A.1", "1.B.1")
    assert layer.notes == ("2.A.1 compared 1.A.1, 1.B.1: consensus 1",)
    [reading] = analysis_of(layer).readings
    assert reading.findings["consensus"][0].drafts == ("1.A.1", "1.B.1")
    told = held.sent[4].messages[-1].content
    mark = told.split("[reference 1, ")[1][:10]
    assert (
        f"[analysis 1, {mark}]\nConsensus:\n- It scatters. (A, B)\n"
        f"[end of analysis 1, {mark}]" in told
    )
    held.done("3.Z.1", "so blue")
    assert (held.ended().status, held.ended().degraded) == ("done", False)


def test_analysis_reaches_a_reader_in_the_labels_that_it_sees() -> None:
    last = aggregate(slot(), pack={"anonymise": True, "order": "shuffle"})
    held = hand(recipe(TWO, compare(), last))
    held.start()
    held.done("1.A.1", "blue")
    held.done("1.B.1", "sky")
    held.done("2.A.1", READABLE.replace('"A", "B"', '"B"'))
    opened = held.row(CallOpened, key="3.Z.1")
    place = opened.references.index("1.B.1") + 1
    assert f"- It scatters. ({place})" in held.sent[4].messages[-1].content


def test_shuffled_judges_mean_the_drafts_that_they_saw() -> None:
    pack = {"anonymise": True, "order": "shuffle"}
    held = judged(slot(), slot(), slot(), slot(), pack=pack)
    found = FINDINGS | {"consensus": [{"point": "x", "drafts": [1]}]}
    for label in "ABCD":
        held.done(f"2.{label}.1", json.dumps(found))
    for reading in analysis_of(held.closed_layer(2)).readings:
        first = held.row(CallOpened, key=reading.key).references[0]
        assert reading.findings["consensus"][0].drafts == (first,)
    firsts = {
        row.references[0]
        for row in held.rows
        if isinstance(row, CallOpened) and row.key.startswith("2.")
    }
    assert len(firsts) == 2


def test_without_an_own_header_the_task_stays() -> None:
    held = judged(pack={"header": "Mine.", "placement": "system"})
    system, user = held.sent[3].messages
    assert system.content.startswith("Mine.\n\n[reference 1")
    assert user.content.startswith("Why is the sky blue?\n\nCompare the drafts A, B.")


def test_several_judges_are_all_told() -> None:
    held = judged(slot(), slot("bold"))
    held.done("2.B.1", READABLE)
    held.done("2.A.1", READABLE)
    assert [each.key for each in analysis_of(held.closed_layer(2)).readings] == [
        *("2.A.1", "2.B.1")
    ]
    told = held.sent[5].messages[-1].content
    assert told.count("- It scatters. (A, B)") == 2
    assert "[analysis 2, " in told


def test_reply_that_cannot_be_read_is_asked_for_once_more() -> None:
    held = judged()
    first = held.sent[3]
    step = held.done("2.A.1", "They agree.")
    assert [row.kind for row in step.rows] == [
        *("reply_unread", "call_ended", "call_opened")
    ]
    assert held.row(CallEnded, n=3).status == "done"
    again = held.sent[4]
    assert again.alias == first.alias
    assert again.messages[: len(first.messages)] == first.messages
    assert [turn.role for turn in again.messages[len(first.messages) :]] == [
        *("assistant", "user")
    ]
    assert again.messages[-2].content == "They agree."
    assert "it has no JSON object" in again.messages[-1].content
    held.done("2.A.1", READABLE)
    row = held.row(DraftDone, key="2.A.1")
    assert (row.text, row.unread) == (READABLE, "")
    held.done("3.Z.1", "so blue")
    assert not held.ended().degraded


def test_judge_that_cannot_be_read_twice_is_unread_and_not_replaced() -> None:
    held = judged()
    held.done("2.A.1", "They agree.")
    held.done("2.A.1", "I said so.")
    row = held.row(DraftDone, key="2.A.1")
    assert (row.n, row.text, row.unread) == (4, "I said so.", "it has no JSON object")
    layer = held.closed_layer(2)
    assert layer.passed_on == ("1.A.1", "1.B.1")
    assert layer.notes == (
        NO_ANALYSIS,
        "2.A.1 could not be read: it has no JSON object",
    )
    assert "analysis" not in held.sent[5].messages[-1].content
    held.done("3.Z.1", "so blue")
    assert (held.ended().status, held.ended().degraded) == ("done", True)


def test_being_asked_again_uses_up_no_retry() -> None:
    held = judged(slot(retries=1))
    held.done("2.A.1", "They agree.")
    held.fail("2.A.1")
    held.tick(held.row(CallEnded, n=4).retry_at or 0)
    assert repairs(held)[2:] == [None, 3, 3]
    held.done("2.A.1", READABLE)
    assert held.closed_layer(2).notes[0].startswith("2.A.1 compared")


def test_fallback_is_asked_to_repair_when_the_judge_has_failed() -> None:
    held = judged(slot(retries=0, fallback=["spare"]))
    held.done("2.A.1", "They agree.")
    held.fail("2.A.1")
    assert held.sent[5].alias == "spare"
    assert held.sent[5].messages == held.sent[4].messages
    held.done("2.A.1", "no")
    assert held.row(DraftDone, key="2.A.1").alias == "spare"


def test_reply_stands_unread_when_nobody_can_be_asked_again() -> None:
    held = judged(slot(retries=0))
    held.done("2.A.1", "They agree.")
    held.fail("2.A.1")
    row = held.row(DraftDone, key="2.A.1")
    assert (row.n, row.text, row.unread) == (3, "They agree.", "it has no JSON object")
    assert row.cause == "fast: busy (1 call)"


def test_limits_count_the_call_that_repairs() -> None:
    held = judged(slot(), limits={"max_calls": 4})
    held.done("2.A.1", "They agree.")
    row = held.row(DraftDone, key="2.A.1")
    assert row.cause == "limit: 3 of 4 calls are made, and the rest is the answer's"
    assert held.closed_layer(2).notes[2] == "limit"


def test_call_that_repairs_is_paid_for() -> None:
    held = judged(limits={"max_cost_usd": 1})
    held.done("2.A.1", "They agree.")
    held.done("2.A.1", READABLE)
    opened = [row for row in held.rows if isinstance(row, CallOpened)]
    assert (opened[3].ceiling_nanos or 0) > (opened[2].ceiling_nanos or 0) > 0
    assert (held.row(CallEnded, n=4).cost_nanos or 0) > 0


@pytest.mark.parametrize(
    ("keys", "reason"), [({"on_fail": "abort"}, "abort"), ({"quorum": 1}, "quorum")]
)
def test_judges_that_are_needed_and_cannot_be_read_fail_the_run(
    keys: dict[str, Any], reason: str
) -> None:
    held = judged(**keys)
    held.done("2.A.1", "no")
    held.done("2.A.1", "no")
    end = held.ended()
    assert (end.status, end.reason) == ("failed", reason)
    assert end.message.splitlines()[-1] == (
        "2.A.1 could not be read: it has no JSON object."
    )


def test_quorum_counts_the_judges_that_can_be_read() -> None:
    held = judged(slot(), slot("bold"), slot("spare"), quorum=1)
    held.done("2.A.1", "no")
    held.done("2.A.1", "no")
    assert held.machine.open_calls != {}
    held.done("2.B.1", READABLE)
    layer = held.closed_layer(2)
    assert layer.closed_by == "quorum"
    assert [each.key for each in analysis_of(layer).unread] == ["2.A.1"]
    assert held.row(CallEnded, key="2.C.1").status == "cancelled"


def test_judges_that_all_fail_let_the_drafts_go_on() -> None:
    held = judged(slot(retries=0))
    held.fail("2.A.1")
    assert held.closed_layer(2).passed_on == ("1.A.1", "1.B.1")
    assert held.closed_layer(2).notes == (NO_ANALYSIS,)
    held.done("3.Z.1", "so blue")
    assert held.ended().degraded


def test_person_may_have_an_unread_judge_asked_afresh() -> None:
    held = judged(slot(), slot("bold"))
    held.done("2.A.1", "no")
    held.done("2.A.1", "no")
    held.retry("2.A.1")
    assert held.row(CallOpened, key="2.A.1").repairs is None
    held.done("2.A.1", "no")
    assert held.row(CallOpened, key="2.A.1").repairs == 6
    held.done("2.A.1", READABLE)
    held.done("2.B.1", READABLE)
    assert len(analysis_of(held.closed_layer(2)).readings) == 2


def test_analysis_stands_when_a_retry_of_it_cannot_be_read() -> None:
    held = judged(slot(), slot("bold"))
    held.done("2.A.1", READABLE)
    held.retry("2.A.1")
    held.done("2.A.1", "no")
    held.done("2.A.1", "no")
    row = held.row(DraftDone, key="2.A.1")
    assert (row.n, row.text, row.unread) == (3, READABLE, "")


def test_retry_while_a_repair_is_open_begins_afresh() -> None:
    held = judged()
    held.done("2.A.1", "no")
    held.retry("2.A.1")
    assert held.row(CallEnded, n=4).status == "cancelled"
    assert held.row(CallOpened, n=5).repairs is None


def test_person_may_stop_a_judge_that_is_asked_again() -> None:
    held = judged()
    held.done("2.A.1", "no")
    held.stop("2.A.1")
    assert held.closed_layer(2).notes == (NO_ANALYSIS,)
    assert held.closed_layer(2).passed_on == ("1.A.1", "1.B.1")


def test_cancel_while_a_judge_is_asked_again() -> None:
    held = judged()
    held.done("2.A.1", "no")
    held.give(Cancel(held.at))
    assert held.ended().status == "cancelled"
    assert held.closed_layer(2).passed_on == ()


def test_given_replies_are_read_like_written_ones() -> None:
    drafts = {"1.A.1": GivenDraft("fast", "blue"), "1.B.1": GivenDraft("bold", "sky")}
    for text, count in ((READABLE, 1), ("edited away", 0)):
        branch = Branch(drafts | {"2.A.1": GivenDraft("fast", text)}, frozenset(), {})
        held = hand(recipe(TWO, compare(slot()), aggregate()), branch=branch)
        held.start()
        assert len(analysis_of(held.closed_layer(2)).readings) == count
        assert [call.key for call in held.sent.values()] == ["3.Z.1"]
        held.done("3.Z.1")
        assert held.ended().degraded is (count == 0)


def test_journal_cut_at_any_row_judges_the_same() -> None:
    document = recipe(TWO, compare(slot()), aggregate())
    whole = hand(document)
    whole.start()
    replies = [("1.A.1", "blue"), ("1.B.1", "sky"), ("2.A.1", "no"), ("2.A.1", "no")]
    for key, text in replies:
        whole.done(key, text)
    kept = [
        row_from_json(row.kind, json.loads(json.dumps(row.to_json())))
        for row in whole.rows
    ]
    assert kept == whole.rows
    for length in range(len(kept) + 1):
        again = hand(document, rows=kept[:length])
        again.give(Resume(whole.at, 0, 2))
        for key, text in replies:
            if key in again.machine.open_calls.values():
                again.done(key, text)
        assert list(again.machine.open_calls.values()) == ["3.Z.1"]
        rows = kept[:length] + again.rows
        unread = [row for row in rows if isinstance(row, ReplyUnread)]
        assert [row.key for row in unread] == ["2.A.1", "2.A.1"]
        asked = [row for row in rows if isinstance(row, CallOpened) and row.repairs]
        lost = [
            row for row in rows if isinstance(row, CallEnded) and row.status == "lost"
        ]
        assert len(asked) <= 1 + len(lost)


def ceiling(*layers: Json) -> int:
    found = plan_ceiling(parse(recipe(*layers)), cards(), PROMPT, {})
    assert found is not None
    return found


def test_ceiling_counts_what_the_next_layer_is_told() -> None:
    one, last = draft(slot()), aggregate(slot())
    told = ceiling(one, compare(slot()), last) - ceiling(one, compare(slot()))
    # A reply of 100 tokens that nobody knows yet counts 125, at a dollar a million.
    assert told - (ceiling(one, last) - ceiling(one)) > 125 * 1000


def test_ceiling_counts_each_judge_twice() -> None:
    one = draft(slot())
    judge = ceiling(one, compare(slot())) - ceiling(one)
    assert ceiling(one, compare(slot(samples=2))) - ceiling(one) == 2 * judge
    held = judged(slot())
    held.done("2.A.1", "They agree.")
    opened = [row for row in held.rows if isinstance(row, CallOpened)]
    asked = (opened[2].ceiling_nanos or 0) + (opened[3].ceiling_nanos or 0)
    assert judge >= asked


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ([compare(), aggregate()], "layers[0].kind: `compare` needs a layer before it"),
        ([TWO, compare()], "layers[1]: the last layer must leave exactly one draft"),
        ([TWO, compare(sees="all"), aggregate()], "layers[1].sees: unknown key"),
        ([TWO, compare(primary="A"), aggregate()], "layers[1].primary: unknown key"),
        ([TWO, compare(slots=[]), aggregate()], "layers[1].slots: must have at least"),
        ([TWO, compare(quorum=2), aggregate()], "layers[1].quorum: asks for 2 drafts"),
        (
            [TWO, compare(slot(), slot(label="A")), aggregate()],
            "layers[1].slots[1].label: `A` is slot 1's label already",
        ),
        (
            [TWO, compare(pack={"order": "best"}), aggregate()],
            "layers[1].pack.order: must be",
        ),
    ],
)
def test_refusals_name_the_layer_and_the_key(layers: list[Json], told: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse(recipe(*layers))
    assert any(str(problem).startswith(told) for problem in caught.value.problems)


def test_compare_may_be_last_where_one_draft_is_left() -> None:
    plan = parse(recipe(draft(slot()), compare()))
    assert [str(key) for key in plan.drafts()] == ["1.A.1", "2.A.1"]
    held = hand(plan)
    held.start()
    held.done("1.A.1", "blue")
    held.done("2.A.1", json.dumps(FINDINGS))
    assert held.ended().answer == "1.A.1"
