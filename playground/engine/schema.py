"""JSON Schema (2020-12) of moa-recipe/1: its shape, for editors and other programs.

It says of every key what the reader says of it alone; what keys say of each other
(names in prompts, labels, quorum) only the reader checks. A property test holds the two
together, both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from playground.engine.elections import EXTRACTS, LONGEST_S, TIES
from playground.engine.expressions import LONGEST_PATTERN
from playground.engine.forks import BY, HIGHEST, LONGEST_WORD
from playground.engine.json_shapes import (
    LONGEST_TEXT,
    Shape,
    above,
    list_of,
    mapping,
    matching,
    number,
    one_of,
    or_null,
    ref,
    required_text,
    said,
    text,
    texts,
    whole,
)
from playground.engine.panels import COMBINES, METHODS, ORDERS
from playground.engine.plan import SCHEMA
from playground.engine.routes import SIDES

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_SET_BY_ENGINE = (
    *("model", "messages", "stream", "stream_options", "n", "tools", "tool_choice"),
    *("functions", "function_call", "response_format", "stop", "seed"),
    *("max_tokens", "max_completion_tokens", "temperature", "top_p"),
    "reasoning_effort",
)


def recipe_schema() -> Shape:
    """The schema as a JSON value; everything optional may also be null."""
    shape = mapping(
        {
            "schema": {"const": SCHEMA},
            "slug": matching(r"[a-z0-9][a-z0-9_-]{0,63}"),
            "name": required_text(120),
            "description": text(),
            "tags": texts(64),
            "system_prompt": text(),
            "variables": list_of("variable"),
            "sample_prompts": texts(LONGEST_TEXT),
            "limits": or_null(_limits()),
            "layers": {**_layers(), "prefixItems": [ref("first_layer")]},
        },
        required=("schema", "slug", "name", "layers"),
    )
    about = {"$schema": _DIALECT, "title": "Recipe of MoA Playground", **shape}
    return {**about, "$defs": _definitions()}


def _definitions() -> Shape:
    kinds = {
        "draft": _layer("draft", {**_written(), "window": whole(1, 100)}),
        "rank": _layer("rank", {**_judged(), **_contest()}),
        "vote": _layer("vote", _election()),
        "compare": _layer("compare", _judged()),
        "select": _layer("select", {**_judged(), **_kept()}),
        "aggregate": _layer("aggregate", {**_written(), "primary": text()}),
    }
    # A recipe has one route, and it is the first layer.
    route = {**_layer("route", _fork(), *_FORKED), "allOf": list(_scored())}
    first = {**kinds, "route": route}
    return {
        "first_layer": _any_of(first),
        "layer": _any_of(kinds),
        **{f"{kind}_layer": shape for kind, shape in first.items()},
        "slot": _slot(),
        "rule": _rule(),
        "pack": _pack(),
        "params": _params(),
        "variable": _variable(),
    }


def _any_of(kinds: Iterable[str]) -> Shape:
    chosen = [{"if": _of_kind(kind), "then": ref(f"{kind}_layer")} for kind in kinds]
    return {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": list(kinds)}},
        "allOf": chosen,
    }


def _layers() -> Shape:
    return {"type": "array", "minItems": 1, "items": ref("layer")}


def _of_kind(kind: str) -> Shape:
    return {"properties": {"kind": {"const": kind}}}


def _layer(kind: str, own: Shape, *needed: str) -> Shape:
    return mapping(
        {
            "kind": {"const": kind},
            "name": said(120),
            "max_parallel": whole(1),
            "quorum": whole(1),
            "grace_s": number(0, LONGEST_S),
            "timeout_s": above(0, LONGEST_S),
            "on_fail": one_of("drop", "abort"),
            **own,
        },
        required=("kind", *(needed or (() if kind == "vote" else ("slots",)))),
    )


def _written() -> Shape:
    """What layers have whose slots write."""
    return {
        "sees": one_of("none", "previous", "all"),
        "pack": or_null(ref("pack")),
        "slots": {"type": "array", "minItems": 1, "items": ref("slot")},
    }


def _judged() -> Shape:
    """What layers have whose slots judge."""
    return {name: shape for name, shape in _written().items() if name != "sees"}


def _contest() -> Shape:
    return {
        "method": one_of(*METHODS),
        "combine": one_of(*COMBINES),
        "keep": whole(1),
    }


def _kept() -> Shape:
    return {"keep": whole(1), "stop_early": {"type": ["boolean", "null"]}}


def _election() -> Shape:
    return {
        "slots": {"type": ["array", "null"], "maxItems": 0},
        "extract": one_of(*EXTRACTS),
        "pattern": {"type": ["string", "null"], "maxLength": LONGEST_PATTERN},
        "ties": one_of(*TIES),
        "stop_early": {"type": ["boolean", "null"]},
    }


_FORKED = ("by", "threshold", *SIDES)


def _fork() -> Shape:
    """Which of slots and rules is there goes by `by`."""
    return {
        "by": {"enum": list(BY)},
        "threshold": {"type": "number", "minimum": -HIGHEST, "maximum": HIGHEST},
        "rules": list_of("rule"),
        "slots": {"type": ["array", "null"], "items": ref("slot")},
        **{side: _layers() for side in SIDES},
    }


def _scored() -> Iterator[Shape]:
    one = {"type": "array", "minItems": 1, "maxItems": 1}
    some = {"type": "array", "minItems": 1}
    none = {"type": ["array", "null"], "maxItems": 0}
    for by, needed, given in (
        ("model", "slots", {"slots": one, "rules": none}),
        ("rules", "rules", {"slots": none, "rules": some}),
    ):
        asked = {"required": ["by"], "properties": {"by": {"const": by}}}
        yield {"if": asked, "then": {"required": [needed], "properties": given}}


def _rule() -> Shape:
    return mapping(
        {
            "score": {"type": "number", "minimum": -HIGHEST, "maximum": HIGHEST},
            "min_chars": whole(0),
            "max_chars": whole(0),
            "contains": texts(LONGEST_WORD),
            "regex": said(LONGEST_PATTERN),
            "has_code": {"type": ["boolean", "null"]},
            "has_options": {"type": ["boolean", "null"]},
        },
        required=("score",),
    )


def _slot() -> Shape:
    return mapping(
        {
            "label": or_null(matching(r"[A-Za-z0-9_-]{1,12}")),
            "model": required_text(64),
            "samples": whole(1, 100),
            "system_prompt": text(),
            "prompt": said(LONGEST_TEXT),
            "params": or_null(ref("params")),
            "fallback": texts(64),
            "timeout_s": above(0, LONGEST_S),
            "retries": whole(0, 20),
        },
        required=("model",),
    )


def _pack() -> Shape:
    return mapping(
        {
            "template": text(),
            "header": text(),
            "order": one_of(*ORDERS),
            "anonymise": {"type": ["boolean", "null"]},
            "strip_reasoning": {"type": ["boolean", "null"]},
            "max_chars": whole(1),
            "placement": one_of("system", "user_tail"),
        }
    )


def _params() -> Shape:
    return mapping(
        {
            "temperature": number(0, 2),
            "top_p": number(0, 1),
            "max_tokens": whole(1, 10_000_000),
            "seed": whole(-(2**63), 2**63 - 1),
            "stop": texts(200),
            "reasoning_effort": one_of(*_EFFORTS),
            "extra": {
                "type": ["object", "null"],
                "propertyNames": {"not": {"enum": list(_SET_BY_ENGINE)}},
            },
        }
    )


def _variable() -> Shape:
    name = matching(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
    return mapping(
        {
            "name": {**name, "not": {"enum": ["prompt", "references"]}},
            "type": one_of("string", "text", "number", "integer", "boolean"),
            "required": {"type": ["boolean", "null"]},
            # Of the type that stands beside it: what keys say of each other.
            "default": {},
            "help": text(),
        },
        required=("name",),
    )


def _limits() -> Shape:
    return mapping(
        {
            "max_cost_usd": number(0, 1_000_000),
            "deadline_s": above(0, LONGEST_S),
            "max_calls": whole(1),
        }
    )
