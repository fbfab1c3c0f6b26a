"""Estimates before a run: what is counted, and that it is in order."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.engine.estimates import (
    ASSUMED,
    Band,
    Estimate,
    Figures,
    Habit,
    Outlook,
    estimate,
)
from playground.engine.machine import plan_ceiling
from playground.engine.messages import Message
from playground.engine.plan import Card, Plan, Price, parse
from tests.engine.house import PROMPT, Json, aggregate, cards, draft, recipe, slot

QUICK = Habit(80, 60, first_s=0.5, tokens_a_second=40, calls=7)


def reckon(
    document: Json | Plan,
    habits: dict[str, Habit] | None = None,
    parallel: dict[str, int] | None = None,
    **more: Any,
) -> Estimate:
    plan = document if isinstance(document, Plan) else parse(document)
    known = {"cards": cards(), "messages": PROMPT, "variables": {}} | more
    return estimate(plan, outlook=Outlook(habits or {}, parallel or {}), **known)


def test_one_call_reads_the_prompt_and_writes_one_token_its_habit_or_its_limit() -> (
    None
):
    total = reckon(recipe(draft(slot())), {"fast": QUICK}).total
    assert total.calls == 1
    assert total.tokens_out == Band(1, 80, 100)
    assert total.tokens_in == Band(21, 21, 26)
    assert total.took_ms == Band(525, 2500, 3000)
    assert total.cost == Band(22_000, 101_000, 126_000)


def test_without_history_what_is_assumed_is_cut_at_the_limit() -> None:
    assert reckon(recipe(draft(slot()))).total.tokens_out.likely == 100
    free = slot(params={"max_tokens": 4000})
    assert reckon(recipe(draft(free))).total.tokens_out.likely == ASSUMED.tokens_out


def test_every_slot_of_a_layer_reads_every_draft_of_the_layer_before() -> None:
    three = [slot(), slot(), slot()]
    layered = reckon(recipe(draft(*three), draft(*three), aggregate()), {"fast": QUICK})
    first, second, last = (each.figures for each in layered.layers)
    blind = reckon(recipe(draft(*three), draft(*three, sees="none"), aggregate()))
    frames = second.tokens_in.likely - 3 * 3 * QUICK.tokens_shown
    assert frames > blind.layers[1].figures.tokens_in.likely
    assert second.tokens_in.likely - second.tokens_in.low == 3 * 3 * 59
    assert last.tokens_in.likely * 3 == pytest.approx(second.tokens_in.likely, rel=0.05)
    assert layered.total.tokens_in.likely == sum(
        each.figures.tokens_in.likely for each in layered.layers
    )
    assert first.calls == 3


def test_a_reader_is_shown_no_more_than_its_pack_allows() -> None:
    whole = reckon(recipe(draft(slot(), slot()), aggregate()), {"fast": QUICK})
    packed = aggregate(pack={"max_chars": 40})
    cut = reckon(recipe(draft(slot(), slot()), packed), {"fast": QUICK})
    saved = whole.total.tokens_in.likely - cut.total.tokens_in.likely
    assert saved == 2 * (QUICK.tokens_shown - 10)


def test_what_a_model_thinks_is_paid_and_not_read_again() -> None:
    thinker = Habit(80, 10, first_s=0.5, tokens_a_second=40, calls=7)
    plan = recipe(draft(slot(), slot()), aggregate())
    thought, said = reckon(plan, {"fast": thinker}), reckon(plan, {"fast": QUICK})
    assert thought.total.tokens_out == said.total.tokens_out
    saved = said.total.tokens_in.likely - thought.total.tokens_in.likely
    assert saved == 2 * 50


def test_calls_side_by_side_take_the_time_of_the_slowest() -> None:
    habits = {"fast": QUICK, "bold": Habit(100, 100, 1.5, 20, calls=3)}
    side = reckon(recipe(draft(slot(), slot("bold")), aggregate()), habits)
    assert [each.figures.took_ms.likely for each in side.layers] == [6500, 3500]
    assert side.total.took_ms.likely == 10_000


def test_places_of_layer_and_provider_make_calls_wait() -> None:
    four = draft(slot(samples=4))
    last = aggregate()
    plan = recipe(four, last)
    narrow = recipe({**four, "max_parallel": 2}, last)

    def took(document: Json, **parallel: int) -> int:
        told = reckon(document, {"fast": QUICK}, parallel)
        return told.layers[0].figures.took_ms.likely

    assert took(plan) == 2500
    assert took(narrow) == 5000
    assert took(plan, stub=1) == took(narrow, stub=1) == 10_000
    assert took(plan, stub=3) == 5000


def test_a_quorum_ends_what_is_likely_and_not_the_ceiling() -> None:
    habits = {"fast": QUICK, "bold": Habit(100, 100, 1.5, 10, calls=3)}
    plan = recipe(draft(slot(), slot("bold"), quorum=1, grace_s=1), aggregate())
    took = reckon(plan, habits).layers[0].figures.took_ms
    assert (took.likely, took.ceiling) == (3500, 11_500)


def test_time_ends_at_the_limits_of_slot_layer_and_run() -> None:
    slow = {"fast": Habit(100, 100, 1, 1, calls=1)}
    timed = reckon(recipe(draft(slot(timeout_s=20))), slow)
    assert timed.total.took_ms == Band(2000, 20_000, 20_000)
    layered = reckon(recipe(draft(slot(), timeout_s=30)), slow)
    assert layered.total.took_ms.ceiling == 30_000
    limited = reckon(recipe(draft(slot()), limits={"deadline_s": 10}), slow)
    assert limited.total.took_ms == Band(2000, 10_000, 10_000)
    assert limited.layers[0].figures.took_ms.likely == 101_000


def test_the_ceiling_of_money_is_the_one_that_is_held() -> None:
    plan = parse(
        recipe(
            draft(slot(fallback=["bold"]), slot(samples=3)),
            draft(slot(), slot("bold"), sees="previous"),
            aggregate(sees="all"),
        )
    )
    assert reckon(plan).total.cost.ceiling == plan_ceiling(plan, cards(), PROMPT, {})


def test_unpriced_models_are_named_and_the_rest_is_summed() -> None:
    known = cards() | {"bold": Card("bold", "stub", "m")}
    mixed = recipe(draft(slot(), slot("bold", fallback=["fast"])), aggregate())
    told = reckon(mixed, {"fast": QUICK}, cards=known)
    priced = reckon(recipe(draft(slot(), slot()), aggregate()), {"fast": QUICK})
    assert told.unpriced == ("bold",)
    assert 0 < told.total.cost.likely < priced.total.cost.likely
    nobody = reckon(recipe(draft(slot("bold"))), cards=known)
    assert (nobody.unpriced, nobody.total.cost) == (("bold",), Band())


def test_an_alias_without_a_card_is_estimated_all_the_same() -> None:
    gone = reckon(recipe(draft(slot("gone", params={}))), cards={})
    assert gone.unpriced == ("gone",)
    assert gone.total.tokens_out == Band(1, 400, 2048)


def test_a_vote_costs_nothing_and_hands_one_draft_on() -> None:
    plan = recipe(draft(slot(samples=3)), {"kind": "vote"}, aggregate())
    told = reckon(plan, {"fast": QUICK})
    straight = reckon(recipe(draft(slot(samples=3)), aggregate()), {"fast": QUICK})
    assert told.layers[1].figures == Figures()
    assert told.total.calls == 4
    assert told.total.tokens_in.likely < straight.total.tokens_in.likely


CHAIN = draft(slot(samples=5), window=2)


def test_refinements_read_their_window_and_the_best_so_far_as_often() -> None:
    told = reckon(recipe(CHAIN), {"fast": QUICK})
    [layer] = told.layers
    samples, first, later = layer.slots
    assert [(each.count, each.references) for each in layer.slots] == [
        (5, 0),
        (1, 3),
        (1, 4),
    ]
    assert [each.refines for each in layer.slots] == [False, True, True]
    assert told.total.calls == 7
    assert told.total.tokens_in.likely == sum(
        each.count * each.one.tokens_in.likely for each in layer.slots
    )
    read = first.one.tokens_in.likely - samples.one.tokens_in.likely
    assert read > 3 * QUICK.tokens_shown
    assert later.one.tokens_in.likely > first.one.tokens_in.likely


def test_refinements_of_a_slot_follow_each_other_and_those_of_slots_do_not() -> None:
    def took(layer: Json, **parallel: int) -> int:
        told = reckon(recipe(layer, aggregate()), {"fast": QUICK}, parallel)
        return told.layers[0].figures.took_ms.likely

    assert took(CHAIN) == (1 + 2) * 2500
    both = draft(slot(samples=5), slot(samples=3), window=2)
    assert took(both) == (1 + 2) * 2500
    assert took({**CHAIN, "max_parallel": 1}) == (5 + 2) * 2500
    assert took({**both, "max_parallel": 1}) == (8 + 2 + 1) * 2500


def test_the_ceiling_of_a_chain_is_the_one_that_is_held() -> None:
    plan = parse(recipe(CHAIN, draft(slot(), sees="previous")))
    assert reckon(plan).total.cost.ceiling == plan_ceiling(plan, cards(), PROMPT, {})


def test_a_cheaper_tier_does_not_turn_a_band_around() -> None:
    assert Band.of(5, 3, 4) == Band(5, 5, 5)


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=4),
    st.integers(1, 3),
    st.integers(1, 5),
    st.text(max_size=200),
)
def test_low_is_never_above_likely_nor_that_above_the_ceiling(
    widths: list[int], samples: int, places: int, prompt: str
) -> None:
    layers = [
        draft(*[slot(samples=samples, fallback=["bold"]) for _ in range(width)])
        for width in widths
    ]
    told = reckon(
        recipe(*layers, aggregate()),
        {"bold": QUICK},
        {"stub": places},
        messages=[Message("user", prompt)],
    )
    for figures in (told.total, *(each.figures for each in told.layers)):
        bands = (figures.cost, figures.tokens_in, figures.tokens_out, figures.took_ms)
        assert all(band.low <= band.likely <= band.ceiling for band in bands)


@pytest.mark.parametrize("sees", ["previous", "all"])
def test_a_plan_of_a_thousand_calls_is_built_and_estimated_in_50_ms(
    sees: str,
) -> None:
    price = Price(Decimal("0.15"), Decimal("0.60"))
    known = {"fast": Card("fast", "stub", "m", price=price)}
    wide = draft(*[slot(samples=5) for _ in range(20)])
    document = recipe(
        wide, *[wide | {"sees": sees}] * 8, wide | {"sees": sees, "kind": "aggregate"}
    )
    took = []
    for _ in range(5):
        begun = time.process_time()
        plan = parse(document)
        told = reckon(plan, {"fast": QUICK}, {"stub": 32}, cards=known)
        took.append(time.process_time() - begun)
    assert told.total.calls == 1000
    assert min(took) <= 0.05
