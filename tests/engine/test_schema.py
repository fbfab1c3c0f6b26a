"""The published schema and the reader agree on every document's shape, both ways."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from playground.engine.errors import RecipeError
from playground.engine.plan import parse
from playground.engine.schema import recipe_schema
from tests.engine.house import aggregate, route
from tests.engine.test_plan import TWO_ROUNDS

VALIDATOR = Draft202012Validator(recipe_schema())
# What keys say of each other, and what texts hold: for the reader alone.
ONLY_THE_READER = re.compile(
    r"nothing is called|asks for \d+ drafts|keeps \d+ drafts|no slot is labelled|asks for \{\{references"
    r"|sees no drafts to pack|must have \{\{text\}\}|label already|is there already"
    r"|must be of type|must leave exactly one draft|has nothing to see|holds no keys"
    r"|needs a layer before it|a medoid|is for `extract: regex`|an expression with"
    r"|must have a named group|is not an expression of RE2|is less than min_chars"
    r"|a model scores from|a route asks once|scores and a route"
    r"|refines a slot's samples"
    r"|`by_rank` needs a rank|a rank needs drafts|is for `method: pairwise`"
    r"|keeps \d+ drafts|judgements here"
)


def faults(document: Any) -> list[str]:
    try:
        parse(document)
    except RecipeError as error:
        return [problem.message for problem in error.problems]
    return []


def shape_is_sound(document: Any) -> bool:
    return all(ONLY_THE_READER.search(fault) for fault in faults(document))


def test_schema_is_one_of_the_dialect_it_names() -> None:
    Draft202012Validator.check_schema(recipe_schema())


def test_schema_accepts_the_example() -> None:
    assert faults(TWO_ROUNDS) == []
    assert VALIDATOR.is_valid(TWO_ROUNDS)


NUMBERS = (0, 1, 2, 2.0, 0.5, -1, 101, 1e300, 2**63)
WORDS = (
    *("", " ", "a", "a\n", "é", "x" * 65, "x" * 121, "A" * 13, "moa-recipe/1"),
    *(
        "none",
        "previous",
        "all",
        "drop",
        "fixed",
        "shuffle",
        "by_rank",
        "system",
        "low",
    ),
    *(
        "draft",
        "aggregate",
        "vote",
        "compare",
        "rank",
        *("pairwise", "listwise", "score", "max_logits", "bubble"),
        "prompt",
        "{{prompt}}",
        "{{nothing}}",
        "integer",
    ),
    *("abort", "user_tail", "string", "text", "number", "boolean", "aggregate"),
    *("vote", "medoid", "regex", "(?P<answer>a)", "(", "x" * 2001, "shortest"),
    *("minimal", "low", "medium", "high", "xhigh", "max"),
)
LISTS = ([], [1], ["a"], [" "], [None], [{}])
MAPPINGS = ({}, {"a": 1}, {"x_a": 1}, {"temperature": 3}, {"n": 2})
ANY = st.sampled_from([None, True, False, *NUMBERS, *WORDS, *LISTS, *MAPPINGS])


def some_of(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with some of these keys, now and then with a wrong value or key."""
    odd = st.dictionaries(
        st.sampled_from([*fields, "x_own", "odd", "window", "primary", "x"]),
        ANY,
        max_size=1,
    )
    sound = st.fixed_dictionaries({}, optional=fields)
    return st.tuples(sound, st.just({}) | odd).map(lambda both: {**both[0], **both[1]})


TEXT = st.sampled_from(["a", "say {{prompt}}", "", "two\nlines"])
NAME = st.sampled_from(["a", "two words"])
PARAMS = some_of(
    temperature=st.floats(0, 2),
    top_p=st.floats(0, 1),
    max_tokens=st.integers(1, 9999),
    seed=st.integers(-5, 5),
    stop=st.lists(NAME, max_size=2),
    reasoning_effort=st.sampled_from(["low", "high", "none"]),
    extra=st.dictionaries(st.sampled_from(["top_k", "x_a", "model", "seed"]), ANY),
)
SLOT = some_of(
    label=st.sampled_from(["A", "b-1"]),
    samples=st.integers(1, 100),
    system_prompt=TEXT,
    prompt=NAME,
    params=PARAMS,
    fallback=st.lists(NAME, max_size=2),
    timeout_s=st.floats(0.1, 100),
    retries=st.integers(0, 20),
).flatmap(lambda slot: st.sampled_from([{"model": "m", **slot}] * 9 + [slot]))
PACK = some_of(
    template=st.just("{{text}}"),
    header=TEXT,
    order=st.sampled_from(["fixed", "shuffle", "by_rank"]),
    anonymise=st.booleans(),
    strip_reasoning=st.booleans(),
    max_chars=st.integers(1, 9999),
    placement=st.sampled_from(["system", "user_tail"]),
)
LAYER = st.builds(
    lambda layer, kind, slots: {**kind, **slots, **layer},
    some_of(
        name=NAME,
        sees=st.sampled_from(["none", "previous", "all"]),
        pack=PACK,
        max_parallel=st.integers(1, 9),
        quorum=st.integers(1, 3),
        grace_s=st.floats(0, 9),
        timeout_s=st.floats(0.1, 9),
        on_fail=st.sampled_from(["drop", "abort"]),
        primary=st.sampled_from(["Z", "A"]),
        window=st.integers(1, 100),
        method=st.sampled_from(["pairwise", "listwise"]),
        combine=st.sampled_from(["max_wins", "bubble"]),
        keep=st.integers(1, 3),
    ),
    st.sampled_from(
        [{"kind": "draft"}, {"kind": "aggregate"}, {"kind": "compare"}] * 5
        + [{"kind": "rank"}, {"kind": "select"}] * 5
        + [{}, {"kind": "no"}]
    ),
    st.lists(SLOT, min_size=1, max_size=3).map(lambda slots: {"slots": slots}),
)
VARIABLE = some_of(
    name=st.sampled_from(["topic", "prompt", "9"]),
    type=st.sampled_from(["string", "text", "number", "integer", "boolean"]),
    required=st.booleans(),
    default=ANY,
    help=TEXT,
)
RECIPE = st.builds(
    lambda whole, layers: {
        "schema": "moa-recipe/1",
        "slug": "a",
        "name": "A",
        "layers": layers,
        **whole,
    },
    some_of(
        slug=st.sampled_from(["two-rounds", "A", "-a", "a\n", "a" * 65]),
        name=NAME,
        description=TEXT,
        tags=st.lists(NAME, max_size=2),
        system_prompt=TEXT,
        variables=st.lists(VARIABLE, max_size=2),
        sample_prompts=st.lists(NAME, max_size=2),
        limits=some_of(
            max_cost_usd=st.floats(0, 9),
            deadline_s=st.floats(0.1, 9),
            max_calls=st.integers(1, 9),
        ),
        schema=st.sampled_from(["moa-recipe/1", "moa-recipe/2"]),
    ),
    st.lists(LAYER, min_size=1, max_size=3),
)


@settings(deadline=None, max_examples=500)
@given(RECIPE)
def test_schema_accepts_what_the_reader_finds_sound_in_shape(
    document: dict[str, Any],
) -> None:
    accepted = VALIDATOR.is_valid(document)
    event("accepted" if accepted else "refused")
    assert accepted == shape_is_sound(document)


PLACES: dict[tuple[Any, ...], str] = {
    (): "",
    ("limits",): "limits",
    ("variables", 0): "variable",
    ("layers", 0): "draft_layer",
    ("layers", 0, "slots", 0): "slot",
    ("layers", 0, "slots", 0, "params"): "params",
    ("layers", 1, "pack"): "pack",
    ("layers", 2): "aggregate_layer",
    ("layers", 3): "compare_layer",
    ("layers", 4): "rank_layer",
    ("layers", 6): "select_layer",
    ("layers", 5): "vote_layer",
}
FORKED_PLACES: dict[tuple[Any, ...], str] = {
    ("layers", 0): "route_layer",
    ("layers", 0, "rules", 0): "rule",
    ("layers", 0, "above", 0): "draft_layer",
    ("layers", 0, "below", 0, "slots", 0): "slot",
    ("layers", 1): "aggregate_layer",
}
FORKED = {**TWO_ROUNDS, "layers": [route(), aggregate()]}
WHOLE = {
    **TWO_ROUNDS,
    "variables": [{"name": "topic", "type": "text"}],
    "layers": [
        *TWO_ROUNDS["layers"],
        {"kind": "compare", "slots": [{"model": "fast"}]},
        {"kind": "rank", "slots": [{"model": "fast"}]},
        {"kind": "vote", "extract": "number"},
        {"kind": "select", "keep": 1, "slots": [{"model": "fast"}]},
    ],
}


def fields_of(name: str) -> dict[str, Any]:
    """What the schema says of each key of one mapping."""
    schema = recipe_schema()
    if name == "limits":
        [shape, _] = schema["properties"]["limits"]["anyOf"]
    else:
        shape = schema["$defs"][name] if name else schema
    fields: dict[str, Any] = shape["properties"]
    return {"window": {}, "primary": {}, "x_own": {}, "odd": {}, "x": {}, **fields}


def edges_of(shape: dict[str, Any]) -> list[Any]:
    """Values on both sides of every limit that the schema sets."""
    edges: list[Any] = list(shape.get("enum", []))
    for limit in ("minimum", "maximum", "exclusiveMinimum"):
        if limit in shape:
            edge = shape[limit]
            edges += [edge, edge - 1, edge + 1, edge - 0.25, edge + 0.25]
    if "maxLength" in shape:
        edges += ["x" * shape["maxLength"], "x" * (shape["maxLength"] + 1)]
    for inner in shape.get("anyOf", []):
        edges += edges_of(inner)
    if "items" in shape:
        edges += [[edge] for edge in edges_of(shape["items"])]
    return edges


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_each_key_is_judged_alike_at_its_edges(place: tuple[Any, ...]) -> None:
    extra = [{name: 1} for name in ("model", "n", "seed", "top_k", "reasoning_effort")]
    for key, shape in fields_of(PLACES[place]).items():
        for value in (None, True, *NUMBERS, *WORDS, *LISTS, *MAPPINGS, *extra):
            judged_alike(_changed(WHOLE, place, key, value))
        for value in edges_of(shape):
            judged_alike(_changed(WHOLE, place, key, value))


@pytest.mark.parametrize("place", FORKED_PLACES, ids=str)
def test_each_key_of_a_fork_is_judged_alike_at_its_edges(
    place: tuple[Any, ...],
) -> None:
    judged_alike(FORKED)
    for key, shape in fields_of(FORKED_PLACES[place]).items():
        for value in (None, True, *NUMBERS, *WORDS, *LISTS, *MAPPINGS):
            judged_alike(_changed(FORKED, place, key, value))
        for value in edges_of(shape):
            judged_alike(_changed(FORKED, place, key, value))


def test_a_route_is_the_first_layer_alone_to_both() -> None:
    for layers in ([aggregate(), route()], [route(above=[route()])]):
        document = {**TWO_ROUNDS, "layers": layers}
        assert faults(document)
        assert not VALIDATOR.is_valid(document)


def judged_alike(document: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(document) == shape_is_sound(document), faults(document)


def _changed(content: Any, place: tuple[Any, ...], key: str, value: Any) -> Any:
    if not place:
        return {**content, key: value}
    step, *rest = place
    if isinstance(content, list):
        return [
            _changed(each, tuple(rest), key, value) if at == step else each
            for at, each in enumerate(content)
        ]
    inner = content.get(step, {})
    return {**content, step: _changed(inner, tuple(rest), key, value)}


@pytest.mark.parametrize("document", [None, [], "a", 1, {}])
def test_what_is_no_recipe_at_all_is_refused_by_both(document: Any) -> None:
    assert not VALIDATOR.is_valid(document)
    assert faults(document)
