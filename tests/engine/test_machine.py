"""The way of a run through its layers: what is sent to whom."""

from __future__ import annotations

from playground.engine.events import (
    CallEnded,
    DraftDone,
    LayerClosed,
    LayerOpened,
    RunEnded,
)
from playground.engine.plan import AnswerOverrides
from tests.engine.house import (
    THREE,
    aggregate,
    draft,
    hand,
    recipe,
    slot,
    three_two_one,
)


def test_run_goes_layer_by_layer_to_its_answer() -> None:
    held = three_two_one()
    assert list(held.machine.open_calls.values()) == ["1.A.1", "1.B.1", "1.C.1"]
    for key in ("1.B.1", "1.A.1", "1.C.1", "2.A.1", "2.B.1"):
        held.done(key, f"text of {key}")
    assert held.machine.ended is None
    step = held.done("3.Z.1", "answer", at=900)
    assert step.rows == (
        DraftDone("3.Z.1", 6, "careful", "answer"),
        held.row(CallEnded, n=6),
        LayerClosed(3, 900, "all", ("3.Z.1",)),
        RunEnded(900, "done", answer="3.Z.1"),
    )
    assert held.machine.ended == held.ended()


def test_every_slot_of_later_layers_is_sent_the_prompt_and_all_references_in_order() -> (
    None
):
    held = three_two_one()
    for key in ("1.C.1", "1.A.1", "1.B.1"):
        held.done(key, f"text of {key}.")
    for n in (4, 5):
        content = held.sent[n].messages[-1].content
        places = [content.index(f"text of 1.{label}.1.") for label in "ABC"]
        assert content.startswith("Why is the sky blue?")
        assert places == sorted(places)
    assert held.row(LayerOpened, layer=2).inputs == ("1.A.1", "1.B.1", "1.C.1")


def test_sees_decides_what_a_layer_is_given() -> None:
    held = hand(recipe(THREE, draft(slot(), sees="none"), aggregate(sees="all")))
    held.start()
    for key in ("1.A.1", "1.B.1", "1.C.1"):
        held.done(key)
    assert held.row(LayerOpened, layer=2).inputs == ()
    assert held.sent[4].messages[-1].content == "Why is the sky blue?"
    held.done("2.A.1")
    inputs = ("1.A.1", "1.B.1", "1.C.1", "2.A.1")
    assert held.row(LayerOpened, layer=3).inputs == inputs


def test_shuffle_is_recorded_with_the_draft() -> None:
    pack = {"order": "shuffle", "anonymise": True}
    held = hand(recipe(THREE, draft(slot(), slot(), slot(), pack=pack), aggregate()))
    held.start()
    for key in ("1.A.1", "1.B.1", "1.C.1"):
        held.done(key)
    opened = [row for row in held.rows if row.kind == "call_opened"][3:]
    assert len({row.seed for row in opened}) == 3  # type: ignore[union-attr]
    for row in opened:
        assert sorted(row.references) == ["1.A.1", "1.B.1", "1.C.1"]  # type: ignore[union-attr]


def test_parameters_are_the_slots_with_max_tokens_always_sent() -> None:
    held = hand(recipe(draft({"model": "fast"}), aggregate({"model": "gone"})))
    held.start()
    assert held.sent[1].params.max_tokens == 1000
    held.done("1.A.1")
    assert held.sent[2].params.max_tokens == 2048


def test_samples_have_seeds_that_count_up() -> None:
    seat = {"model": "fast", "samples": 2, "params": {"seed": 5}}
    held = hand(recipe(draft(seat), aggregate()))
    held.start()
    assert [call.params.seed for call in held.sent.values()] == [5, 6]


def test_overrides_reach_the_answering_slots_alone() -> None:
    asked = AnswerOverrides(9, 0.0, 0.5, ("stop",), 3)
    held = hand(recipe(draft(slot()), aggregate()), overrides=asked)
    held.start()
    held.done("1.A.1")
    first, last = held.sent[1].params, held.sent[2].params
    assert (first.max_tokens, first.temperature, first.stop, first.seed) == (
        *(100, None, (), None),
    )
    assert (last.max_tokens, last.temperature, last.top_p) == (9, 0.0, 0.5)
    assert (last.stop, last.seed) == (("stop",), 3)


def test_max_parallel_gives_places_by_position_and_a_waiting_draft_gives_its_away() -> (
    None
):
    held = three_two_one(max_parallel=1)
    assert list(held.machine.open_calls.values()) == ["1.A.1"]
    held.fail("1.A.1")
    assert list(held.machine.open_calls.values()) == ["1.B.1"]
    held.tick(5000)
    held.done("1.B.1")
    assert list(held.machine.open_calls.values()) == ["1.A.1"]
