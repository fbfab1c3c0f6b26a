"""A rank layer in a run: who is asked about what, what counts, and what goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playground.engine.branches import Branch, GivenDraft
from playground.engine.contests import NOT_NEEDED, OWN
from playground.engine.errors import KeyRefused, NotTaken, RecipeError
from playground.engine.events import (
    CallOpened,
    Cancel,
    DraftDone,
    DraftFailed,
    DraftSkipped,
    ReplyUnread,
    Resume,
    SendCall,
    row_from_json,
)
from playground.engine.lessons import Lesson
from playground.engine.odds import TokenOdds
from playground.engine.plan import Card, parse
from playground.engine.rankings import NO_RANKING, Ranking
from playground.engine.shapes import passed_on
from tests.engine.house import (
    Hand,
    Json,
    aggregate,
    cards,
    draft,
    hand,
    rank,
    recipe,
    slot,
)

THREE = draft(slot("fast"), slot("careful"), slot("bold"))
# The best draft first, whatever it is called.
ORDER = {"alpha": 3, "beta": 2, "gamma": 1}
TEXTS = {"1.A.1": "beta", "1.B.1": "alpha", "1.C.1": "gamma"}


def begun(*layers: Json, first: Json = THREE, **more: Any) -> Hand:
    """A run whose first layer has written alpha, beta and gamma."""
    held = hand(recipe(first, *layers), **more)
    held.start()
    for key, text in TEXTS.items():
        if key in held.machine.open_calls.values():
            held.done(key, text)
    return held


def shown(call: SendCall) -> list[str]:
    """The texts before a judge, in their order."""
    said = call.messages[-1].content
    return sorted((text for text in ORDER if text in said), key=said.index)


def verdict(call: SendCall) -> str:
    first, second = shown(call)
    return "A" if ORDER[first] > ORDER[second] else "B"


def listing(call: SendCall) -> str:
    """A fair judge's list, by the letters that it was shown."""
    letters = dict(zip(shown(call), "ABC", strict=False))
    best = sorted(letters, key=lambda text: -ORDER[text])
    return json.dumps({"ranking": [letters[text] for text in best]})


def score(call: SendCall) -> str:
    return json.dumps({"score": ORDER[shown(call)[0]] * 3, "reason": "because"})


REPLIES = {"pairwise": verdict, "listwise": listing, "score": score}


def judged(held: Hand, method: str = "pairwise", layer: int = 2) -> Ranking:
    """The ranking once every judge has replied fairly."""
    while open_ := [
        n
        for n, key in held.machine.open_calls.items()
        if key.startswith(f"{layer}.") and n in held.sent
    ]:
        call = held.sent[open_[0]]
        held.done(call.key, REPLIES[method](call))
    return ranking(held, layer)


def ranking(held: Hand, layer: int = 2) -> Ranking:
    found = held.closed_layer(layer).verdict
    assert isinstance(found, Ranking)
    return found


def asked(held: Hand, layer: int = 2) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (row.key, row.references)
        for row in held.rows
        if isinstance(row, CallOpened) and row.key.startswith(f"{layer}.")
    ]


def test_every_pair_is_compared_in_both_orders() -> None:
    held = begun(rank(), aggregate())
    a, b, c = TEXTS
    assert [about for _, about in asked(held)] == [
        *((a, b), (b, a)),
        *((a, c), (c, a)),
        *((b, c), (c, b)),
    ]
    assert [key for key, _ in asked(held)] == [f"2.A.{n}" for n in range(1, 7)]
    assert all(call.odds for call in held.sent.values() if call.key.startswith("2."))
    assert not held.sent[1].odds


@pytest.mark.parametrize("combine", ["max_logits", "max_wins", "bubble"])
def test_pairs_put_the_drafts_in_order(combine: str) -> None:
    held = begun(rank(combine=combine), aggregate())
    found = judged(held)
    assert found.standings[0].key == "1.B.1"
    if combine != "bubble":
        assert found.kept == ("1.B.1", "1.A.1", "1.C.1")
    assert held.closed_layer(2).passed_on == found.kept
    assert sorted(found.kept) == list(TEXTS)


def test_bubble_asks_one_pair_after_the_other_and_2n_minus_2_in_all() -> None:
    held = begun(rank(combine="bubble", keep=1))
    first = asked(held)
    assert len(first) == 2
    assert first[0][1] == first[1][1][::-1]
    found = judged(held)
    assert (len(asked(held)), found.kept) == (4, ("1.B.1",))
    assert held.ended().answer == "1.B.1"
    assert found.drawn[:2] == first[0][1]
    assert found.seed is not None


def test_bubble_keeps_several_and_not_the_best_alone() -> None:
    found = judged(begun(rank(combine="bubble", keep=2), aggregate()))
    assert found.kept[0] == "1.B.1"
    assert len(found.kept) == 2


@pytest.mark.parametrize("unjudged", list(ORDER))
def test_bubble_does_not_answer_with_a_draft_that_nobody_judged(unjudged: str) -> None:
    held = begun(rank(combine="bubble", keep=1))
    key = next(each for each, text in TEXTS.items() if text == unjudged)
    while held.machine.open_calls:
        call = held.sent[min(held.machine.open_calls)]
        unread = key in held.row(CallOpened, key=call.key).references
        held.done(call.key, "hard to say" if unread else verdict(call))
    found = ranking(held)
    left = {each.key: each.value for each in found.standings}
    if found.counted:
        assert left.pop(key) is None
        assert found.kept == (max(left, key=lambda each: ORDER[TEXTS[each]]),)
    else:
        assert (set(left.values()), found.kept) == ({None}, ("1.A.1",))


def test_drafts_that_did_not_come_about_leave_their_judgements_out() -> None:
    held = hand(recipe(THREE, rank(), aggregate()))
    held.start()
    held.done("1.A.1", "beta")
    held.exhaust("1.B.1", KeyRefused("refused", status=401))
    held.done("1.C.1", "gamma")
    skipped = [row for row in held.rows if isinstance(row, DraftSkipped)]
    assert [(row.key, row.cause) for row in skipped] == [
        (f"2.A.{n}", NOT_NEEDED) for n in range(3, 7)
    ]
    assert judged(held).kept == ("1.A.1", "1.C.1")


def test_a_lone_draft_goes_on_without_a_call() -> None:
    held = hand(recipe(draft(slot("fast"), slot("bold")), rank(), aggregate()))
    held.start()
    held.done("1.A.1", "beta")
    held.exhaust("1.B.1", KeyRefused("refused", status=401))
    assert asked(held) == []
    assert ranking(held).kept == ("1.A.1",)
    assert "nothing to rank" in held.closed_layer(2).notes[0]
    held.done("3.Z.1", "answer")
    assert held.ended().status == "done"


def test_best_k_go_on_in_order() -> None:
    held = begun(rank(keep=2), aggregate())
    judged(held)
    assert held.closed_layer(2).passed_on == ("1.B.1", "1.A.1")
    said = held.sent[held.n("3.Z.1")].messages[-1].content
    assert said.index("alpha") < said.index("beta")
    assert "gamma" not in said


def test_odds_of_a_verdict_count_by_their_difference() -> None:
    held = begun(rank(), aggregate(), first=draft(slot("fast"), slot("careful")))
    held.done("2.A.1", "B", odds=(TokenOdds("B", {"A": 0.3, "B": 0.6}),))
    held.done("2.A.2", "A")
    found = ranking(held)
    assert [(each.margin, each.by_odds) for each in found.judgements] == [
        (-0.3, True),
        (1, False),
    ]
    assert [(each.key, each.value) for each in found.standings] == [
        ("1.B.1", 1.3),
        ("1.A.1", -1.3),
    ]
    assert held.row(DraftDone, key="2.A.1").margin == -0.3


def test_odds_of_drafts_that_judge_nothing_are_not_kept() -> None:
    held = hand(recipe(draft(slot())))
    held.start()
    held.done("1.A.1", "A", odds=(TokenOdds("A", {"A": 1.0}),))
    assert held.row(DraftDone).margin is None


def test_unclear_verdict_is_asked_again_then_counted_as_unread() -> None:
    held = begun(rank(), aggregate(), first=draft(slot("fast"), slot("careful")))
    held.done("2.A.1", "hard to say")
    assert held.row(ReplyUnread).key == "2.A.1"
    again = held.sent[held.n("2.A.1")]
    assert again.messages[-2].content == "hard to say"
    assert again.messages[-1].content == (
        "Your reply could not be read: it does not say A, B or C alone or in double "
        "brackets. Reply once more, with one letter and nothing else: A or B for the "
        "better draft, C when neither is better."
    )
    assert again.odds
    held.done("2.A.1", "still hard")
    held.done("2.A.2", "A")
    found = ranking(held)
    assert [each.key for each in found.unread] == ["2.A.1"]
    assert found.judgements[0].margin is None
    assert [(each.key, each.value) for each in found.standings] == [
        ("1.B.1", 1),
        ("1.A.1", -1),
    ]
    assert "1 judgement (2.A.1) could not be read" in " ".join(found.notes)
    held.done("3.Z.1", "answer")
    assert held.ended().degraded


@pytest.mark.parametrize("method", ["listwise", "score"])
def test_judge_of_a_list_or_a_score_is_asked_again_for_an_object(method: str) -> None:
    held = begun(rank(method=method), aggregate())
    held.done("2.A.1", "hard to say")
    again = held.sent[held.n("2.A.1")].messages[-1].content
    assert again.endswith(
        "Reply once more, with nothing but one JSON object in the form that was asked "
        "for."
    )


def test_without_a_verdict_that_can_be_read_the_drafts_go_on_as_they_came() -> None:
    held = begun(rank(keep=2), aggregate(), first=draft(slot("fast"), slot("careful")))
    for key in ("2.A.1", "2.A.2", "2.A.1", "2.A.2"):
        held.done(key, "hard to say")
    found = ranking(held)
    assert found.kept == ("1.A.1", "1.B.1")
    assert {each.rank for each in found.standings} == {1}
    assert held.closed_layer(2).notes[0] == NO_RANKING


@pytest.mark.parametrize("more", [{"on_fail": "abort"}, {"quorum": 1}])
def test_without_a_verdict_the_run_ends_where_the_recipe_says_so(more: Json) -> None:
    held = begun(rank(**more), aggregate(), first=draft(slot("fast"), slot("careful")))
    for key in ("2.A.1", "2.A.2", "2.A.1", "2.A.2"):
        if key in held.machine.open_calls.values():
            held.done(key, "hard to say")
    assert held.ended().status == "failed"


def test_every_judge_lists_the_others_in_an_order_of_its_own() -> None:
    """Own drafts are left out, the order is drawn for each judge, its seed is kept."""
    judges = [slot(model) for model in ("fast", "careful", "bold", "spare")]
    held = begun(rank(*judges, method="listwise"), aggregate())
    about = dict(asked(held))
    assert [sorted(about[f"2.{label}.1"]) for label in "ABCD"] == [
        ["1.B.1", "1.C.1"],
        ["1.A.1", "1.C.1"],
        ["1.A.1", "1.B.1"],
        ["1.A.1", "1.B.1", "1.C.1"],
    ]
    seeds = [row.seed for row in held.rows if isinstance(row, CallOpened)][3:]
    assert None not in seeds
    assert len(set(seeds)) == 4
    found = judged(held, "listwise")
    assert [each.key for each in found.standings] == ["1.B.1", "1.A.1", "1.C.1"]
    assert found.own == ()


def test_not_all_judges_are_shown_the_same_order() -> None:
    judges = [slot("spare") for _ in range(6)]
    held = begun(rank(*judges, method="listwise"), aggregate())
    assert len({about for _, about in asked(held)}) > 1
    fixed = rank(*judges, method="listwise", pack={"order": "fixed"})
    assert {about for _, about in asked(begun(fixed, aggregate()))} == {tuple(TEXTS)}


def test_what_a_judge_placed_counts_and_not_where_it_was_shown() -> None:
    """The draft that is named is found by the order of that very judge's prompt."""
    held = begun(rank(slot("spare", samples=5), method="listwise"), aggregate())
    assert len({shown for _, shown in asked(held)}) > 1
    found = judged(held, "listwise")
    for each in found.judgements:
        placed = dict(zip(each.shown, each.places, strict=True))
        assert placed == {"1.B.1": 1, "1.A.1": 2, "1.C.1": 3}


def test_judges_do_not_see_who_wrote_what() -> None:
    for method in ("pairwise", "listwise", "score"):
        held = begun(rank(method=method), aggregate())
        for call in held.sent.values():
            if call.key.startswith("2."):
                said = "".join(message.content for message in call.messages)
                assert "written by" not in said
                assert "Draft A:" in said


def test_judge_of_two_votes_on_its_own_draft_only_when_nobody_else_can() -> None:
    two = draft(slot("fast"), slot("careful"))
    peers = rank(slot("fast"), slot("spare"))
    held = begun(peers, aggregate(), first=two)
    skipped = {row.key: row.cause for row in held.rows if isinstance(row, DraftSkipped)}
    assert skipped == {"2.A.1": OWN, "2.A.2": OWN}
    assert judged(held).own == ()
    alone = judged(begun(rank(slot("fast")), aggregate(), first=two))
    assert alone.own == ("2.A.1", "2.A.2")
    assert "wrote one of the drafts" in " ".join(alone.notes)


def test_judge_of_a_list_leaves_it_to_others_when_it_would_be_one_draft() -> None:
    first = draft(slot("fast", samples=2), slot("careful"))
    peers = rank(slot("fast"), slot("careful"), slot("spare"), method="listwise")
    held = begun(peers, aggregate(), first=first)
    held.done("1.A.2", "gamma")
    skipped = {row.key: row.cause for row in held.rows if isinstance(row, DraftSkipped)}
    assert skipped == {"2.A.1": OWN}
    assert {key: sorted(about) for key, about in asked(held)} == {
        "2.B.1": ["1.A.1", "1.A.2"],
        "2.C.1": ["1.A.1", "1.A.2", "1.B.1"],
    }
    found = judged(held, "listwise")
    assert (found.own, found.unheard) == ((), ())


def test_judges_of_a_list_who_wrote_all_of_it_list_their_own_drafts() -> None:
    two = draft(slot("fast"), slot("careful"))
    peers = rank(slot("fast"), slot("careful"), method="listwise")
    held = begun(peers, aggregate(), first=two)
    assert {key: sorted(about) for key, about in asked(held)} == {
        "2.A.1": ["1.A.1", "1.B.1"],
        "2.B.1": ["1.A.1", "1.B.1"],
    }
    assert judged(held, "listwise").own == ("2.A.1", "2.B.1")


REFUSED = KeyRefused("refused", status=401)


def test_model_that_stands_in_for_a_judge_does_not_list_its_own_draft() -> None:
    judge = slot("spare", fallback=["fast"])
    held = begun(rank(judge, method="listwise"), aggregate())
    held.fail("2.A.1", REFUSED)
    assert [sorted(about) for _, about in asked(held)] == [
        ["1.A.1", "1.B.1", "1.C.1"],
        ["1.B.1", "1.C.1"],
    ]
    found = judged(held, "listwise")
    assert [(each.key, each.value) for each in found.standings] == [
        ("1.B.1", 1),
        ("1.C.1", 2),
        ("1.A.1", None),
    ]
    assert (found.judgements[0].counts, found.own) == (True, ())


def test_model_that_stands_in_for_a_judge_does_not_compare_its_own_draft() -> None:
    two = draft(slot("fast"), slot("careful"))
    judge = slot("spare", fallback=["fast"])
    held = begun(rank(judge), aggregate(), first=two)
    held.fail("2.A.1", REFUSED)
    held.done("2.A.2", "A")
    assert [call.alias for call in held.sent.values()][2:] == [
        "spare",
        "spare",
        "careful",
    ]
    assert held.row(DraftFailed).cause == (
        "spare: refused (1 call); fast: not asked, it wrote one of the drafts"
    )
    found = ranking(held)
    assert (found.unheard, found.own, found.counted) == (("2.A.1",), (), 1)


def test_judgement_is_not_made_again_by_a_model_that_wrote_one_of_its_drafts() -> None:
    held = begun(rank(), aggregate(), first=draft(slot("fast"), slot("careful")))
    held.done("2.A.1", "B")
    held.retry("2.A.1", "fast")
    held.done("2.A.2", "A")
    assert len(asked(held)) == 2
    assert [each.margin for each in ranking(held).judgements] == [-1, 1]


def test_judgement_made_again_by_another_model_is_read_as_that_one_was_shown_it() -> (
    None
):
    """A list without the second model's draft has other letters than the first had."""
    judge = slot("spare", samples=3)
    held = begun(rank(judge, method="listwise"), aggregate())
    call = held.sent[held.n("2.A.1")]
    held.done("2.A.1", listing(call))
    held.retry("2.A.1", "bold")
    again = held.sent[held.n("2.A.1")]
    assert shown(again) != shown(call)
    held.done("2.A.1", listing(again))
    found = judged(held, "listwise")
    placed = dict(
        zip(found.judgements[0].shown, found.judgements[0].places, strict=True)
    )
    assert placed == {"1.B.1": 1, "1.A.1": 2}


def test_judgement_that_is_made_again_in_vain_is_read_as_it_was_shown() -> None:
    held = begun(rank(slot("spare", samples=2), method="listwise"), aggregate())
    held.done("2.A.1", listing(held.sent[held.n("2.A.1")]))
    held.retry("2.A.1", "bold")
    held.fail("2.A.1", REFUSED)
    found = judged(held, "listwise")
    assert [len(each.places) for each in found.judgements] == [3, 3]


def test_given_list_is_read_as_the_model_that_wrote_it_was_shown_it() -> None:
    given = {
        "1.A.1": GivenDraft("fast", "beta"),
        "1.B.1": GivenDraft("careful", "alpha"),
        "1.C.1": GivenDraft("bold", "gamma"),
        "2.A.1": GivenDraft("bold", '{"ranking": ["A", "B"]}'),
    }
    lists = rank(slot("spare", samples=2), method="listwise", pack={"order": "fixed"})
    held = hand(recipe(THREE, lists, aggregate()), branch=Branch(given=given))
    held.start()
    assert judged(held, "listwise").judgements[0].shown == ("1.A.1", "1.B.1")


def test_judge_whose_model_wrote_all_drafts_is_not_partial() -> None:
    held = begun(rank(slot("fast")), aggregate(), first=draft(slot("fast", samples=2)))
    held.done("1.A.2", "alpha")
    assert judged(held).own == ()


def test_two_aliases_of_one_model_are_one_author() -> None:
    known = cards() | {"twin": Card("twin", "stub", "m-fast", 32768, 1000)}
    peers = rank(slot("twin"), slot("spare"), method="score")
    held = begun(peers, aggregate(), known=known)
    assert [about for key, about in asked(held) if key.startswith("2.A")] == [
        ("1.B.1",),
        ("1.C.1",),
    ]


def test_scores_are_one_call_a_draft_and_keep_their_reasons() -> None:
    held = begun(rank(method="score", keep=1))
    assert [about for _, about in asked(held)] == [(key,) for key in TEXTS]
    found = judged(held, "score")
    assert [(each.key, each.value) for each in found.standings] == [
        ("1.B.1", 9),
        ("1.A.1", 6),
        ("1.C.1", 3),
    ]
    assert {each.reason for each in found.judgements} == {"because"}


def test_samples_go_through_all_pairs_again() -> None:
    held = begun(rank(slot("spare", samples=2)), aggregate())
    assert len(asked(held)) == 12
    about = [about for _, about in asked(held)]
    assert about[:6] == about[6:]


def test_judge_that_fails_is_named_and_counts_for_nothing() -> None:
    held = begun(rank(), aggregate(), first=draft(slot("fast"), slot("careful")))
    held.exhaust("2.A.1", KeyRefused("refused", status=401))
    held.done("2.A.2", "A")
    found = ranking(held)
    assert (found.unheard, found.counted) == (("2.A.1",), 1)
    assert found.kept[0] == "1.B.1"


def test_quorum_of_judgements_closes_the_layer_with_what_is_in() -> None:
    held = begun(rank(quorum=2), aggregate())
    held.done("2.A.1", "B")
    held.done("2.A.2", "A")
    found = ranking(held)
    assert held.closed_layer(2).closed_by == "quorum"
    assert [each.key for each in found.standings] == ["1.B.1", "1.A.1", "1.C.1"]
    assert found.standings[2].value is None


def test_by_rank_lays_the_best_first_also_before_a_layer_that_sees_all() -> None:
    last = aggregate(pack={"order": "by_rank"}, sees="all")
    held = begun(rank(keep=1), draft(slot("bold")), last)
    judged(held)
    held.done("3.A.1", "delta")
    row = held.row(CallOpened, key="4.Z.1")
    assert row.references == ("1.B.1", "1.A.1", "1.C.1", "3.A.1")


def test_best_ranked_is_the_answer_when_the_aggregator_fails() -> None:
    held = begun(rank(keep=2), aggregate(sees="all"))
    judged(held)
    held.exhaust("3.Z.1", KeyRefused("refused", status=401))
    assert held.ended().answer == "1.B.1"


def test_journal_keeps_the_ranking() -> None:
    for method in ("pairwise", "listwise", "score"):
        held = begun(rank(method=method), aggregate())
        judged(held, method)
        row = held.closed_layer(2)
        assert row_from_json(row.kind, json.loads(json.dumps(row.to_json()))) == row


def test_bubble_goes_on_where_it_was_cut() -> None:
    document = recipe(THREE, rank(combine="bubble"), aggregate())
    held = begun(rank(combine="bubble"), aggregate())
    for _ in range(2):
        call = held.sent[max(held.machine.open_calls)]
        held.done(call.key, verdict(call))
    again = hand(document, rows=held.rows)
    again.give(Resume(held.at, 0, 2))
    open_ = {
        again.sent[n].key: again.sent[n].messages for n in again.machine.open_calls
    }
    assert open_ == {
        held.sent[n].key: held.sent[n].messages for n in held.machine.open_calls
    }


def test_judgement_that_later_ones_rest_on_is_not_made_again() -> None:
    held = begun(rank(combine="bubble"), aggregate())
    first = list(held.machine.open_calls.values())
    for key in first:
        held.done(key, verdict(held.sent[held.n(key)]))
    assert held.retry(first[0]).rows == ()
    assert held.retry(next(iter(held.machine.open_calls.values()))).rows != ()


def test_judgement_that_is_made_again_stands_until_it_is() -> None:
    held = begun(rank(), aggregate(), first=draft(slot("fast"), slot("careful")))
    held.done("2.A.1", "B")
    held.retry("2.A.1")
    held.done("2.A.2", "A")
    held.fail("2.A.1", KeyRefused("refused", status=401))
    assert [each.margin for each in ranking(held).judgements] == [-1, 1]


def test_cancel_ends_a_rank_layer() -> None:
    held = begun(rank(combine="bubble"), aggregate())
    held.give(Cancel(held.at))
    assert held.ended().status == "cancelled"
    assert held.machine.open_calls == {}


def test_given_judgements_count_as_they_were() -> None:
    """Another run's verdicts, with their odds, are not paid for again."""
    given = {
        "1.A.1": GivenDraft("fast", "beta"),
        "1.B.1": GivenDraft("careful", "alpha"),
        "2.A.1": GivenDraft("spare", "B", margin=-0.25),
    }
    first = draft(slot("fast"), slot("careful"))
    held = hand(recipe(first, rank(), aggregate()), branch=Branch(given=given))
    held.start()
    assert [key for key, _ in asked(held)] == ["2.A.2"]
    held.done("2.A.2", "A")
    assert [each.margin for each in ranking(held).judgements] == [-0.25, 1]


@pytest.mark.parametrize(
    ("layer", "path", "words"),
    [
        (rank(method="best"), "layers[1].method", "pairwise, listwise or score"),
        (rank(combine="mean"), "layers[1].combine", "max_logits, max_wins or bubble"),
        (
            rank(method="score", combine="bubble"),
            "layers[1].combine",
            "is for `method: pairwise`, and this is score",
        ),
        (
            rank(keep=4),
            "layers[1].keep",
            "keeps 4 drafts and the layer before passes on 3",
        ),
        (rank(keep=0), "layers[1].keep", "at least 1"),
        (
            rank(quorum=7),
            "layers[1].quorum",
            "asks for 7 drafts and the layer writes 6",
        ),
        (rank(sees="all"), "layers[1].sees", "unknown key"),
        (rank(slot("spare", samples=70)), "layers[1]", "3 drafts are 420 judgements"),
    ],
)
def test_rank_layer_is_refused(layer: Json, path: str, words: str) -> None:
    with pytest.raises(RecipeError) as refused:
        parse(recipe(THREE, layer, aggregate()))
    (problem,) = refused.value.problems
    assert problem.path == path
    assert words in problem.message


def test_rank_needs_drafts_to_choose_among() -> None:
    with pytest.raises(RecipeError) as refused:
        parse(recipe(draft(slot()), rank(), aggregate()))
    assert refused.value.problems[0].path == "layers[1]"
    assert "the layer before passes on 1" in refused.value.problems[0].message
    with pytest.raises(RecipeError) as refused:
        parse(recipe(rank(), aggregate()))
    assert refused.value.problems[0].path == "layers[0].kind"


def test_rank_at_the_end_must_keep_one() -> None:
    with pytest.raises(RecipeError) as refused:
        parse(recipe(THREE, rank(keep=2)))
    assert "exactly one draft as the answer, this one leaves 2" in str(refused.value)
    assert passed_on(parse(recipe(THREE, rank(keep=1))).layers) == 1


def test_by_rank_needs_a_rank_before_it() -> None:
    with pytest.raises(RecipeError) as refused:
        parse(recipe(THREE, aggregate(pack={"order": "by_rank"})))
    assert refused.value.problems[0].path == "layers[1].pack.order"


def test_judge_that_reads_all_is_shown_them_as_an_earlier_rank_has_them() -> None:
    held = begun(
        rank(),
        rank(method="listwise", pack={"order": "by_rank"}),
        aggregate(),
    )
    while not any(call.key.startswith("3.") for call in held.sent.values()):
        call = held.sent[min(held.machine.open_calls)]
        held.done(call.key, verdict(call))
    [call] = [call for call in held.sent.values() if call.key.startswith("3.")]
    assert shown(call) == ["alpha", "beta", "gamma"]


def test_bubble_goes_on_without_a_judge_whose_own_draft_is_compared() -> None:
    first = draft(slot("fast"), slot("careful"))
    held = begun(
        rank(slot("fast"), slot("spare"), combine="bubble"), aggregate(), first=first
    )
    skipped = {row.key for row in held.rows if isinstance(row, DraftSkipped)}
    assert skipped == {"2.Z.1", "2.Z.2"} or skipped == {"2.A.1", "2.A.2"}
    while any(key.startswith("2.") for key in held.machine.open_calls.values()):
        call = held.sent[min(held.machine.open_calls)]
        held.done(call.key, verdict(call))
    assert held.closed_layer(2).passed_on[0] == "1.B.1"


def test_pairwise_judge_forgoes_odds_where_its_model_gives_none() -> None:
    held = begun(rank(), aggregate())
    n = min(held.machine.open_calls)
    key = held.sent[n].key
    held.fail(key, NotTaken("no odds", lesson=Lesson("logprobs"), status=400))
    again = held.sent[held.n(key)]
    assert [lesson.field for lesson in again.lessons] == ["logprobs"]


def test_judgement_that_is_asked_again_in_vain_still_counts() -> None:
    held = begun(rank(slot("spare"), combine="max_wins"), aggregate())
    keys = list(held.machine.open_calls.values())
    for key in keys[:-1]:
        held.done(key, verdict(held.sent[held.n(key)]))
    held.retry(keys[0])
    held.tick(10_000_000)
    found = held.closed_layer(2).verdict
    assert isinstance(found, Ranking)
    assert keys[0] in [each.key for each in found.judgements]
    assert len(found.judgements) == len(keys) - 1
