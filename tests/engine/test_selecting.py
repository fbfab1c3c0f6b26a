"""Moderators that keep the best drafts: how they are read, and what a run makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playground.engine import selecting
from playground.engine.branches import Branch, GivenDraft
from playground.engine.demand import plan_ceiling
from playground.engine.errors import RecipeError
from playground.engine.events import CallOpened, LayerClosed, LayerOpened, Resume
from playground.engine.findings import Unread
from playground.engine.judging import Names, Unreadable
from playground.engine.messages import Message
from playground.engine.picks import NO_PICK, NOT_NEEDED, Keeping, Pick, Selection
from playground.engine.plan import parse
from playground.engine.verdicts import verdict_from_json
from tests.engine.house import (
    PROMPT,
    Hand,
    Json,
    aggregate,
    cards,
    draft,
    hand,
    recipe,
    select,
    slot,
)

NAMES = Names({"A": "1.A.1", "B": "1.B.1", "C": "1.C.1"})
NO = (Message("assistant", "no"),)
THREE = draft(slot(), slot("bold"), slot("spare"))


def said(*keep: str | int, agree: bool = False, why: str = "") -> str:
    return json.dumps({"keep": keep, "agree": agree, "why": why})


def selected(*judges: Json, last: Json | None = None, **keys: Any) -> Hand:
    """A run of select at the moment when its moderators are asked."""
    held = hand(recipe(THREE, select(*judges, **keys), last or aggregate()))
    held.start()
    for label in "ABC":
        held.done(f"1.{label}.1", f"from {label}")
    return held


def selection_of(row: LayerClosed) -> Selection:
    assert isinstance(row.verdict, Selection)
    return row.verdict


@pytest.mark.parametrize(
    ("reply", "kept"),
    [
        (said("C", "A"), ("1.C.1", "1.A.1")),
        (said("draft b", "A", "C"), ("1.B.1", "1.A.1")),
        (said("A", "A", "C"), ("1.A.1", "1.C.1")),
        ('I keep:\n```json\n{"keep": ["B", "C"]}\n```', ("1.B.1", "1.C.1")),
    ],
)
def test_best_come_first_and_spare_ones_are_cut(
    reply: str, kept: tuple[str, ...]
) -> None:
    found = selecting.read(Keeping(2), "2.A.1", reply, NAMES)
    assert found == Pick("2.A.1", kept)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (said("A"), "it keeps 1 drafts, and 2 are asked for"),
        (said("A", "A"), "it keeps 1 drafts, and 2 are asked for"),
        (said("A", "D"), "it names a draft `D`, and the drafts are A, B, C"),
        ("A and B", "it has no JSON object"),
        (
            '{"keep": "A"}',
            "its JSON does not fit: Expected `array`, got `str` - at `$.keep`",
        ),
    ],
)
def test_choice_that_cannot_be_made_out_is_unreadable(reply: str, reason: str) -> None:
    assert selecting.read(Keeping(2), "k", reply, NAMES) == Unreadable(reason)


def test_with_fewer_drafts_than_are_kept_all_are() -> None:
    only = Names({"A": "1.A.1"})
    found = selecting.read(Keeping(2), "k", said("A", agree=True, why=" a  b "), only)
    assert found == Pick("k", ("1.A.1",), agree=True, why="a b")


def test_task_asks_for_as_many_as_are_kept() -> None:
    asked = selecting.task(Keeping(2), ["1", "2", "3"])
    assert asked.startswith("Choose the 2 best of the drafts 1, 2, 3: ")
    form = json.loads(asked[asked.index("\n{") :])
    assert form == {"keep": ["1", "2"], "agree": False, "why": "one sentence"}
    assert "Choose the best one of the drafts" in selecting.task(Keeping(), ["A", "B"])


def test_moderators_count_together_by_places() -> None:
    picks = [
        Pick("2.A.1", ("1.B.1", "1.A.1")),
        Pick("2.B.1", ("1.C.1", "1.B.1")),
        Pick("2.C.1", ("1.A.1", "1.C.1"), agree=True),
    ]
    drafts = ("1.A.1", "1.B.1", "1.C.1")
    found = selecting.selection(Keeping(2, True), drafts, picks, (), is_last=False)
    # Three points each: equal drafts go by their order.
    assert found.kept == ("1.A.1", "1.B.1")
    assert not found.agree
    found = selecting.selection(Keeping(1), drafts, picks[:2], (), is_last=False)
    assert found.kept == ("1.B.1",)


def test_kept_drafts_go_on_best_first() -> None:
    held = selected()
    assert (
        "Choose the 2 best of the drafts A, B, C" in held.sent[4].messages[-1].content
    )
    held.done("2.A.1", said("C", "A", why="They are right."))
    layer = held.closed_layer(2)
    assert layer.passed_on == ("1.C.1", "1.A.1")
    assert layer.notes == (
        "2.A.1 kept 1.C.1, 1.A.1 of 1.A.1, 1.B.1, 1.C.1: they do not agree",
    )
    assert held.row(LayerOpened, layer=3).inputs == ("1.C.1", "1.A.1")
    told = held.sent[5].messages[-1].content
    assert told.index("from C") < told.index("from A")
    assert "from B" not in told
    held.done("3.Z.1", "so")
    assert (held.ended().answer, held.ended().degraded) == ("3.Z.1", False)


def test_run_ends_early_when_the_drafts_agree() -> None:
    held = selected(stop_early=True)
    step = held.done("2.A.1", said("B", "A", agree=True))
    assert step.commands == ()
    layer = held.closed_layer(2)
    assert layer.passed_on == ("1.B.1",)
    assert layer.notes[-1] == "the drafts agree: the run ends early, with 1.B.1"
    end = held.ended()
    assert (end.status, end.answer, end.degraded) == ("done", "1.B.1", False)
    [skipped] = [row for row in held.rows if row.kind == "draft_skipped"]
    assert (skipped.key, skipped.cause) == ("3.Z.1", NOT_NEEDED)  # type: ignore[union-attr]


@pytest.mark.parametrize(("keys", "agree"), [({"stop_early": True}, False), ({}, True)])
def test_run_goes_on_unless_both_say_so(keys: dict[str, Any], agree: bool) -> None:
    held = selected(**keys)
    held.done("2.A.1", said("B", "A", agree=agree))
    assert list(held.machine.open_calls.values()) == ["3.Z.1"]


def test_run_ends_early_only_when_all_moderators_find_it() -> None:
    held = selected(slot(), slot("bold"), stop_early=True)
    held.done("2.A.1", said("B", "A", agree=True))
    held.done("2.B.1", said("B", "A"))
    assert list(held.machine.open_calls.values()) == ["3.Z.1"]


def test_last_layer_has_nothing_to_end_early() -> None:
    held = hand(recipe(THREE, select(keep=1, stop_early=True)))
    held.start()
    for label in "ABC":
        held.done(f"1.{label}.1", f"from {label}")
    held.done("2.A.1", said("C", agree=True))
    assert (held.ended().status, held.ended().answer) == ("done", "1.C.1")
    assert not selection_of(held.closed_layer(2)).ends


def test_unread_moderator_is_asked_again_and_then_the_order_stands() -> None:
    held = selected(stop_early=True)
    held.done("2.A.1", "B and A.")
    assert held.row(CallOpened, key="2.A.1").repairs == 4
    held.done("2.A.1", "B and A!")
    layer = held.closed_layer(2)
    assert layer.passed_on == ("1.A.1", "1.B.1")
    assert layer.notes == (
        NO_PICK,
        "2.A.1 could not be read: it has no JSON object",
    )
    held.done("3.Z.1", "so")
    assert held.ended().degraded


@pytest.mark.parametrize(
    ("keys", "reason"), [({"on_fail": "abort"}, "abort"), ({"quorum": 1}, "quorum")]
)
def test_moderators_that_are_needed_fail_the_run(
    keys: dict[str, Any], reason: str
) -> None:
    held = selected(**keys)
    held.done("2.A.1", "no")
    held.done("2.A.1", "no")
    assert (held.ended().status, held.ended().reason) == ("failed", reason)


def test_hidden_names_mean_what_the_moderator_saw() -> None:
    held = selected(keep=1, pack={"anonymise": True, "order": "shuffle"})
    held.done("2.A.1", said(1))
    first = held.row(CallOpened, key="2.A.1").references[0]
    assert held.closed_layer(2).passed_on == (first,)


def test_given_replies_choose_again_without_a_call() -> None:
    given = {f"1.{label}.1": GivenDraft("bold", label) for label in "ABC"}
    given["2.A.1"] = GivenDraft("bold", said("C", "B"))
    document = recipe(THREE, select(), aggregate())
    held = hand(document, branch=Branch(given, frozenset(), {}))
    held.start()
    assert held.row(LayerOpened, layer=3).inputs == ("1.C.1", "1.B.1")


def test_journal_cut_at_any_row_keeps_the_same() -> None:
    document = recipe(THREE, select(stop_early=True), aggregate())
    whole = hand(document)
    whole.start()
    texts = {f"1.{label}.1": (label, label) for label in "ABC"}
    texts["2.A.1"] = ("no", said("B", "C", agree=True))
    for key in ("1.A.1", "1.B.1", "1.C.1"):
        whole.done(key, texts[key][0])
    for text in texts["2.A.1"]:
        whole.done("2.A.1", text)
    for length in range(len(whole.rows) + 1):
        again = hand(document, rows=whole.rows[:length])
        again.give(Resume(whole.at, 0, 2))
        while again.machine.open_calls:
            n, key = next(iter(again.machine.open_calls.items()))
            is_repair = again.machine.sent(n).messages[-2:-1] == NO
            again.done(key, texts[key][is_repair])
        assert again.machine.ended is not None
        assert again.machine.ended.answer == "1.B.1"


def test_journal_keeps_a_selection_whole() -> None:
    pick = Pick("2.A.1", ("1.B.1",), agree=True, why="so")
    found = Selection(
        ("1.A.1", "1.B.1"), ("1.B.1",), (pick,), (Unread("2.B.1", "why"),), ends=True
    )
    assert verdict_from_json(json.loads(json.dumps(found.to_json()))) == found


def test_next_layers_ceiling_reads_the_longest_that_are_kept() -> None:
    def ceiling(*layers: Json) -> int:
        found = plan_ceiling(parse(recipe(*layers)), cards(), PROMPT, {})
        assert found is not None
        return found

    alone = draft(slot("spare", params={"max_tokens": 400}))
    three = draft(slot(), slot("bold"), *alone["slots"])
    chosen = ceiling(three, select(keep=1), aggregate())
    reads = ceiling(alone, aggregate()) - ceiling(alone)
    assert chosen - ceiling(three, select(keep=1)) == reads


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ([select(), aggregate()], "layers[0].kind: `select` needs a layer before it"),
        ([THREE, select()], "layers[1]: the last layer must leave exactly one draft"),
        ([THREE, select(keep=4), aggregate()], "layers[1].keep: keeps 4 drafts"),
        ([THREE, select(keep=0), aggregate()], "layers[1].keep: must be at least 1"),
        (
            [THREE, select(stop_early="yes"), aggregate()],
            "layers[1].stop_early: must be true or false",
        ),
        ([THREE, select(sees="all"), aggregate()], "layers[1].sees: unknown key"),
        ([draft(slot(), keep=1)], "layers[0].keep: unknown key"),
    ],
)
def test_refusals_name_the_layer_and_the_key(layers: list[Json], told: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse(recipe(*layers))
    assert any(str(problem).startswith(told) for problem in caught.value.problems)


def test_select_may_be_last_where_it_keeps_one() -> None:
    plan = parse(recipe(THREE, {"kind": "select", "slots": [slot()]}))
    assert plan.layers[1].keeping == Keeping(1)
