"""Which text of a feed is let out as the answer."""

from __future__ import annotations

from typing import Any

import pytest

from playground.api.answers import AnswerReader, Replaced, answering_key
from playground.engine.plan import parse

KEY = "2.Z.1"


def delta(n: int, offset: int, text: str, key: str = KEY) -> dict[str, Any]:
    return {"t": 0, "k": "delta", "x": [[key, n, offset, text]]}


def plan_of(*last: dict[str, Any], kind: str = "aggregate", **more: Any) -> Any:
    first = {"kind": "draft", "slots": [{"model": "fast"}]}
    layers = [first, {"kind": kind, "slots": list(last), **more}]
    return parse({"schema": "moa-recipe/1", "slug": "s", "name": "S", "layers": layers})


def test_answering_key_is_the_primary_aggregators() -> None:
    two = ({"model": "fast"}, {"model": "bold"})
    assert answering_key(plan_of(*two)) == "2.Z.1"
    assert answering_key(plan_of(*two, primary="Y")) == "2.Y.1"
    assert answering_key(plan_of({"model": "fast"}, kind="draft")) == "2.A.1"


def test_text_of_the_answering_draft_goes_out_once() -> None:
    reader = AnswerReader(KEY)
    assert reader.hear(delta(1, 0, "A draft", key="1.A.1")) == ""
    assert reader.hear(delta(3, 0, "Hi 👋")) == "Hi 👋"
    assert reader.hear(delta(3, 3, "👋 you")) == " you"
    assert reader.hear({"t": 1, "k": "end"}) == ""
    assert reader.rest(key=KEY, n=3, text="Hi 👋 you all") == " all"


def test_a_hole_is_filled_at_the_end() -> None:
    reader = AnswerReader(KEY)
    assert reader.hear(delta(3, 0, "one ")) == "one "
    assert reader.hear(delta(3, 8, "three")) == ""
    assert reader.rest(key=KEY, n=3, text="one two three") == "two three"


def test_nothing_of_a_second_call_goes_out_after_the_first_spoke() -> None:
    reader = AnswerReader(KEY)
    assert reader.hear(delta(3, 0, "The sky ")) == "The sky "
    assert reader.hear(delta(4, 0, "The sky is blue")) == ""
    with pytest.raises(Replaced):
        reader.rest(key=KEY, n=4, text="The sky is blue")


def test_a_call_that_said_only_blanks_may_be_followed() -> None:
    reader = AnswerReader(KEY)
    assert reader.hear(delta(3, 0, "\n\n")) == ""
    assert reader.hear(delta(4, 0, "\nBlue")) == "\nBlue"
    assert reader.rest(key=KEY, n=4, text="\nBlue.") == "."


def test_a_fallback_draft_is_sent_whole_or_not_at_all() -> None:
    assert AnswerReader(KEY).rest(key="1.A.1", n=1, text="Draft") == "Draft"
    reader = AnswerReader(KEY)
    reader.hear(delta(3, 0, "Dr"))
    with pytest.raises(Replaced):
        reader.rest(key="1.A.1", n=1, text="Draft")
