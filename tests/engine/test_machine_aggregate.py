"""What an aggregate leaves as the answer."""

from __future__ import annotations

from typing import Any

import pytest

from playground.engine.errors import KeyRefused
from playground.engine.events import (
    LayerClosed,
    LayerOpened,
    RunEnded,
)
from playground.engine.strategies import LAST_RESORT
from tests.engine.house import (
    Hand,
    aggregate,
    draft,
    hand,
    recipe,
    slot,
)


def two_aggregators(**more: Any) -> Hand:
    last = aggregate(slot("careful"), slot("bold"), **more)
    held = hand(recipe(draft(slot(), slot()), last))
    held.start()
    held.done("1.A.1", "first")
    held.done("1.B.1", "second")
    return held


def test_primarys_draft_is_the_answer() -> None:
    held = two_aggregators(primary="Y")
    held.done("2.Z.1")
    held.done("2.Y.1")
    assert held.ended() == RunEnded(0, "done", answer="2.Y.1")


def test_next_usable_draft_answers_for_a_failed_primary() -> None:
    held = two_aggregators()
    held.exhaust("2.Z.1", KeyRefused("refused"))
    held.done("2.Y.1")
    assert (held.ended().answer, held.ended().degraded) == ("2.Y.1", True)


def test_first_draft_given_is_the_answer_when_every_aggregator_fails() -> None:
    held = two_aggregators()
    held.exhaust("2.Z.1", KeyRefused("refused"))
    held.exhaust("2.Y.1", KeyRefused("refused"))
    assert held.closed_layer(2) == LayerClosed(2, 0, "all", ("1.A.1",), (LAST_RESORT,))
    assert (held.ended().status, held.ended().degraded) == ("done", True)
    assert held.ended().answer == "1.A.1"


@pytest.mark.parametrize(
    ("more", "reason"), [({"on_fail": "abort"}, "abort"), ({"quorum": 1}, "quorum")]
)
def test_failed_aggregators_fail_the_run_where_the_recipe_says_so(
    more: dict[str, Any], reason: str
) -> None:
    held = two_aggregators(**more)
    held.exhaust("2.Z.1", KeyRefused("refused"))
    held.exhaust("2.Y.1", KeyRefused("refused"))
    assert (held.ended().status, held.ended().reason) == ("failed", reason)


def test_the_message_names_a_layer_by_its_place_and_its_name() -> None:
    held = two_aggregators(on_fail="abort", name="Voices")
    held.exhaust("2.Z.1", KeyRefused("refused"))
    said = "Layer 2 (Voices) ends the run when a slot fails (on_fail: abort)."
    assert held.ended().message.splitlines()[0] == said


def test_aggregate_that_was_given_nothing_has_no_last_resort() -> None:
    held = hand(recipe(aggregate()))
    held.start()
    held.exhaust("1.Z.1")
    assert held.ended().reason == "no_answer"


def test_layer_after_a_last_resort_sees_no_draft_twice() -> None:
    held = hand(recipe(draft(slot()), aggregate(), aggregate(sees="all")))
    held.start()
    held.done("1.A.1")
    held.exhaust("2.Z.1", KeyRefused("refused"))
    assert held.row(LayerOpened, layer=3).inputs == ("1.A.1",)
