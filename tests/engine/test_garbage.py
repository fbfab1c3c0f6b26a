"""Documents that are no recipes: whatever stands in them, the reader says where."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.engine.errors import Problem, RecipeError
from playground.engine.plan import parse
from tests.engine.departing import recipes

KEYS = st.sampled_from(
    [
        *("schema", "layers", "kind", "slots", "model", "samples", "window", "primary"),
        *("pack", "params", "limits", "quorum", "rules", "above", "below", "x_own"),
        *("extra", "fallback", "variables", "extract", "pattern", "by", "", "odd"),
    ]
)
GARBAGE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=True)
    | st.text(max_size=8)
    | st.sampled_from(["draft", "route", "vote", "\ud800", "{{", "{{prompt}}", "(?P<"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=4)
        | st.dictionaries(st.integers() | st.none(), inner, max_size=1)
    ),
    max_leaves=12,
)


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A sound recipe in which one to four things are garbage."""
    document: Any = draw(recipes())
    for _ in range(draw(st.integers(1, 4))):
        document = _damage(draw, document)
    return document


def _damage(draw: st.DrawFn, content: Any) -> Any:
    """One place somewhere in it: replaced, taken out, or added."""
    if (
        not content
        or not isinstance(content, dict | list)
        or draw(st.integers(0, 5)) == 0
    ):
        return draw(GARBAGE)
    if isinstance(content, list):
        at = draw(st.integers(0, len(content) - 1))
        return [*content[:at], _damage(draw, content[at]), *content[at + 1 :]]
    name = draw(st.sampled_from(sorted(content, key=str)) | KEYS)
    changed = {**content, name: _damage(draw, content.get(name))}
    if draw(st.integers(0, 5)) == 0:
        del changed[name]
    return changed


@settings(max_examples=400, deadline=None, suppress_health_check=[*HealthCheck])
@given(GARBAGE | damaged())
def test_garbage_is_refused_by_path_and_never_breaks_the_reader(document: Any) -> None:
    for problem in problems_of(document):
        assert problem.message.strip()
        assert is_place(document, problem.path), problem


def problems_of(document: Any) -> tuple[Problem, ...]:
    """What is wrong with it; only a recipe that can run has no problems."""
    try:
        plan = parse(document)
    except RecipeError as error:
        return tuple(error.problems) or (Problem("", ""),)
    return () if plan.layers else (Problem("", ""),)


def is_place(document: Any, path: str) -> bool:
    """True for a path into the document, up to a key that is missing or unfit there."""
    here = document
    for step in re.findall(r"\[(\d+)\]|([^.\[\]]+)", path):
        number, name = step
        if number:
            if not isinstance(here, list) or int(number) >= len(here):
                return False
            here = here[int(number)]
        elif isinstance(here, dict):
            if name not in here:
                return True
            here = here[name]
        else:
            return False
    return True
