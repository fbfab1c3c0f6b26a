"""Reads what a route layer says of itself: how it scores a prompt, and its threshold.

The layers of its branches are read by `plan`, which numbers them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from playground.engine.elections import LONGEST_S
from playground.engine.expressions import LONGEST_PATTERN, syntax_fault
from playground.engine.reading import Reader
from playground.engine.routes import LEAST_SCORE, MOST_SCORE, SIDES, By, Route, Rule
from playground.engine.shapes import Layer, Slot

BY = ("model", "rules")
HIGHEST = 1_000_000
LONGEST_WORD = 500


def read_by(reader: Reader, *, stands_first: bool) -> By:
    """Who scores the prompt. Only the first layer of a recipe may ask."""
    if not stands_first:
        reader.complain(
            "kind",
            "a route is the first layer of a recipe, once: move it there or take it out",
        )
    reader.require("by", "model or rules")
    by = cast("By", reader.one_of("by", BY) or "rules")
    if by == "rules" and reader.take("slots") not in (None, []):
        reader.complain(
            "slots",
            "a route by rules calls no model: leave `slots` out or say by: model",
        )
    return by


def read_route(reader: Reader, by: By, slots: Sequence[Slot]) -> Layer:
    """A route layer; that its branches are there is checked here, too."""
    layer = Layer(
        index=1,
        kind="route",
        name=reader.text("name", longest=120, empty=False) or "Layer 1",
        slots=tuple(slots),
        max_parallel=reader.whole("max_parallel", low=1),
        quorum=_read_quorum(reader),
        grace_s=reader.number("grace_s", high=LONGEST_S) or 0.0,
        timeout_s=reader.number("timeout_s", high=LONGEST_S, above=True) or 300.0,
        on_fail=cast("Any", reader.one_of("on_fail", ("drop", "abort")) or "drop"),
        route=Route(by, _read_threshold(reader, by), _read_rules(reader, by)),
    )
    for side in SIDES:
        reader.require(side, "a list with at least one layer")
        if reader.take(side) == []:
            reader.complain(side, "must have at least one layer")
    _check_one_seat(reader, slots)
    reader.close()
    return layer


def _read_quorum(reader: Reader) -> int | None:
    quorum = reader.whole("quorum", low=1)
    if quorum is not None and quorum > 1:
        reader.complain(
            "quorum", f"asks for {quorum} scores and a route has one at most"
        )
    return quorum


def _check_one_seat(reader: Reader, slots: Sequence[Slot]) -> None:
    if len(slots) > 1:
        reader.complain("slots", f"a route asks one model, here are {len(slots)} slots")
    for place, slot in enumerate(slots):
        if slot.samples > 1:
            reader.complain(
                f"slots[{place}].samples", "a route asks once: leave it out or say 1"
            )


def _read_threshold(reader: Reader, by: By) -> float:
    reader.require("threshold", "the least score that goes above")
    threshold = reader.number("threshold", low=-HIGHEST, high=HIGHEST)
    if threshold is None:
        return 0.0
    if by == "model" and not LEAST_SCORE <= threshold <= MOST_SCORE:
        reader.complain(
            "threshold",
            f"a model scores from {LEAST_SCORE} to {MOST_SCORE}, so {threshold:g} would "
            "send every prompt the same way",
        )
    return threshold


def _read_rules(reader: Reader, by: By) -> tuple[Rule, ...]:
    if by == "rules":
        reader.require("rules", "a list with at least one rule")
        if reader.take("rules") == []:
            reader.complain("rules", "must have at least one rule")
    elif reader.take("rules") not in (None, []):
        reader.complain(
            "rules", "a model scores this prompt: leave `rules` out or say by: rules"
        )
    return tuple(
        _read_rule(Reader(item, path, reader.problems))
        for path, item in reader.items("rules")
    )


def _read_rule(reader: Reader) -> Rule:
    reader.require("score", "what a prompt that matches is worth")
    rule = Rule(
        score=reader.number("score", low=-HIGHEST, high=HIGHEST) or 0.0,
        min_chars=reader.whole("min_chars", low=0),
        max_chars=reader.whole("max_chars", low=0),
        contains=reader.texts("contains", longest=LONGEST_WORD),
        regex=reader.text("regex", longest=LONGEST_PATTERN, empty=False) or "",
        has_code=reader.flag("has_code"),
        has_options=reader.flag("has_options"),
    )
    if rule.regex and (fault := syntax_fault(rule.regex)):
        reader.complain("regex", fault)
    least, most = rule.min_chars, rule.max_chars
    if least is not None and most is not None and least > most:
        reader.complain(
            "max_chars", f"is less than min_chars ({least}): no prompt is both"
        )
    reader.close()
    return rule
