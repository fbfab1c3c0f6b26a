"""Which branch a prompt is sent to, and by what."""

from __future__ import annotations

from typing import Any

import pytest

from playground.engine.routes import Route, Routing, Rule
from playground.engine.routing import (
    by_rules,
    by_score,
    has_code,
    has_options,
    matches,
)


def scored(prompt: str, *rules: Rule, threshold: float = 3) -> Routing:
    return by_rules(Route("rules", threshold, rules), prompt)


def test_score_at_the_threshold_goes_above() -> None:
    rule = Rule(3)
    assert scored("hello", rule) == Routing("above", 3, "rule", 3, 1, "any prompt")
    assert scored("hello", rule, threshold=3.01).side == "below"


def test_first_rule_that_matches_wins() -> None:
    rules = (Rule(1, contains=("translate",)), Rule(5, contains=("prove",)))
    assert scored("translate and prove", *rules).score == 1
    assert scored("prove and translate", *reversed(rules)).score == 5


def test_prompt_of_no_rule_scores_nothing() -> None:
    assert scored("hello", Rule(5, min_chars=100)) == Routing("below", 3, "no_rule", 0)
    assert scored("hello", Rule(5, min_chars=100), threshold=0).side == "above"


@pytest.mark.parametrize(
    ("conditions", "prompt", "wanted"),
    [
        ({"min_chars": 5}, "hello", True),
        ({"min_chars": 6}, "hello", False),
        ({"max_chars": 5}, "hello", True),
        ({"max_chars": 4}, "hello", False),
        ({"min_chars": 2, "max_chars": 4}, "hello", False),
        ({"contains": ("xyz", "ELL")}, "Hello", True),
        ({"contains": ("xyz",)}, "Hello", False),
        ({"contains": ("straße",)}, "STRASSE", True),
        ({"regex": r"\bprove\b"}, "please prove it", True),
        ({"regex": r"\bprove\b"}, "improved", False),
        ({"regex": "^end$"}, "x" * 9000 + "\nend", False),
        ({"regex": "(?m)^begin$"}, "begin\n" + "x" * 9000, True),
        ({"has_code": True}, "run\n```py\n1\n```", True),
        ({"has_code": False}, "run\n```py\n1\n```", False),
        ({"has_code": False}, "run", True),
        ({"has_options": True}, "Which?\nA) one\nB) two", True),
        ({"has_options": False}, "Which?\nA) one\nB) two", False),
        ({"min_chars": 3, "contains": ("no",)}, "hello", False),
        ({}, "", True),
    ],
)
def test_rule_asks_for_all_of_its_conditions(
    conditions: dict[str, Any], prompt: str, wanted: bool
) -> None:
    assert matches(Rule(1, **conditions), prompt) is wanted


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("```\ncode", True),
        ("  ~~~ sh\nls\n~~~", True),
        ("a `word` in a line", False),
        ("    ```", False),
        ("text ``` text", False),
    ],
)
def test_code_is_a_fenced_block(prompt: str, wanted: bool) -> None:
    assert has_code(prompt) is wanted


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("A) one B) two", True),
        ("(a) one\n(b) two", True),
        ("A. one\nB. two\nC. three", True),
        ("Which is it?\nA: one\nB: two", True),
        ("B) two A) one", False),
        ("A) one", False),
        ("vitamin A and vitamin B", False),
        ("1. one\n2. two", False),
    ],
)
def test_options_are_an_a_with_a_b_behind_it(prompt: str, wanted: bool) -> None:
    assert has_options(prompt) is wanted


def test_prompt_without_a_readable_score_counts_as_hard() -> None:
    routing = by_score(Route("model", 3), None)
    assert (routing.side, routing.score, routing.is_fallback) == ("above", None, True)
    assert by_score(Route("model", 3), 2.5) == Routing("below", 3, "model", 2.5)


@pytest.mark.parametrize(
    ("routing", "note"),
    [
        (
            Routing("above", 3, "rule", 5, 2, "a code block"),
            "score 5, at or over the threshold of 3 (rule 2: a code block): above",
        ),
        (
            Routing("below", 3, "no_rule", 0),
            "score 0, under the threshold of 3 (no rule matched): below",
        ),
        (
            Routing("below", 3.5, "model", 3),
            "score 3, under the threshold of 3.5: below",
        ),
        (
            Routing("above", 3, "fallback"),
            "no score of 1 to 5 could be read, so the prompt counts as hard: above",
        ),
    ],
)
def test_decision_is_told_in_a_sentence(routing: Routing, note: str) -> None:
    assert routing.notes == (note,)
    assert Routing.from_json(routing.to_json()) == routing


def test_rule_names_its_conditions() -> None:
    rule = Rule(
        1,
        min_chars=1000,
        max_chars=2000,
        contains=("a", "b"),
        regex="c",
        has_code=True,
        has_options=False,
    )
    assert rule.words == (
        "1,000 characters or more, 2,000 characters or fewer, contains “a” or “b”, "
        "matches c, a code block, no options"
    )
