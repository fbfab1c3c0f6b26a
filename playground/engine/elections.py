"""Reads a vote layer of a recipe, which has no slots: it elects one of the drafts that
the layer before passes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from playground.engine.expressions import GROUP, LONGEST_PATTERN, fault_of
from playground.engine.reading import Reader
from playground.engine.shapes import Election, Layer, passed_on

LONGEST_S = 86_400
EXTRACTS = ("exact", "number", "choice", "regex", "medoid")
TIES = ("first", "shortest")
# Every draft is compared with every other one, on the loop that all runs share.
MOST_COMPARED = 100


def read_vote(reader: Reader, index: int, *, opens: bool) -> Layer:
    """One vote layer. What all kinds have and it cannot use is read all the same."""
    if opens:
        reader.complain("kind", "a vote needs a layer before it that writes drafts")
    if reader.take("slots") not in (None, []):
        reader.complain(
            "slots", "a vote calls no model and has no slots: leave `slots` out"
        )
    layer = Layer(
        index=index,
        kind="vote",
        name=reader.text("name", longest=120, empty=False) or f"Layer {index}",
        slots=(),
        sees="none" if opens else "previous",
        max_parallel=reader.whole("max_parallel", low=1),
        quorum=reader.whole("quorum", low=1),
        grace_s=reader.number("grace_s", high=LONGEST_S) or 0.0,
        timeout_s=reader.number("timeout_s", high=LONGEST_S, above=True) or 300.0,
        on_fail=cast("Any", reader.one_of("on_fail", ("drop", "abort")) or "drop"),
        election=_read_election(reader),
    )
    reader.close()
    return layer


def check_elections(root: Reader, layers: Sequence[Layer]) -> None:
    """Report votes on more drafts than can be compared, or than their quorum asks for."""
    for place, layer in enumerate(layers):
        if layer.keeping is not None:
            _check_keeping(root, layer, passed_on(layers[:place]))
        if layer.election is None:
            continue
        passed = passed_on(layers[:place])
        path = layer.path
        if layer.quorum is not None and layer.quorum > passed:
            root.complain(
                f"{path}.quorum",
                f"asks for {layer.quorum} drafts and the layer before passes on {passed}",
            )
        if layer.election.extract == "medoid" and passed > MOST_COMPARED:
            root.complain(
                f"{path}.extract",
                f"a medoid compares at most {MOST_COMPARED} drafts, here are {passed}",
            )


def _check_keeping(root: Reader, layer: Layer, passed: int) -> None:
    if layer.keeping is not None and layer.keeping.keep > passed > 0:
        root.complain(
            f"{layer.path}.keep",
            f"keeps {layer.keeping.keep} drafts and the layer before passes on {passed}",
        )


def _read_election(reader: Reader) -> Election:
    extract = cast("Any", reader.one_of("extract", EXTRACTS) or "exact")
    early = reader.flag("stop_early") or False
    if extract == "medoid" and early:
        reader.complain(
            "stop_early", "a medoid is known only once all drafts are: leave it out"
        )
    return Election(
        extract=extract,
        pattern=_read_pattern(reader, extract),
        ties=cast("Any", reader.one_of("ties", TIES) or "first"),
        stop_early=early,
    )


def _read_pattern(reader: Reader, extract: str) -> str:
    if extract == "regex":
        reader.require("pattern", f"an expression with the group (?P<{GROUP}>…)")
    pattern = reader.text("pattern", longest=LONGEST_PATTERN)
    if pattern is None:
        return ""
    if extract != "regex":
        reader.complain("pattern", "is for `extract: regex`: leave it out or set that")
    elif fault := fault_of(pattern):
        reader.complain("pattern", fault)
    return pattern
