"""JSON Schema (2020-12) of moa-recipe/1: its shape, for editors and other programs.

It says of every key what the reader says of it alone; what keys say of each other
(names in prompts, labels, quorum) only the reader checks. A property test holds the two
together, both ways.
"""

from __future__ import annotations

from typing import Any

from playground.engine.elections import EXTRACTS, LONGEST_S, TIES
from playground.engine.expressions import LONGEST_PATTERN
from playground.engine.plan import SCHEMA

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT = 20_000
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_SET_BY_ENGINE = (
    *("model", "messages", "stream", "stream_options", "n", "tools", "tool_choice"),
    *("functions", "function_call", "response_format", "stop", "seed"),
    *("max_tokens", "max_completion_tokens", "temperature", "top_p"),
    "reasoning_effort",
)
Shape = dict[str, Any]


def recipe_schema() -> Shape:
    """The schema as a JSON value; everything optional may also be null."""
    shape = _mapping(
        {
            "schema": {"const": SCHEMA},
            "slug": _matching(r"[a-z0-9][a-z0-9_-]{0,63}"),
            "name": _required_text(120),
            "description": _text(),
            "tags": _texts(64),
            "system_prompt": _text(),
            "variables": _list("variable"),
            "sample_prompts": _texts(_TEXT),
            "limits": _or_null(_limits()),
            "layers": {"type": "array", "minItems": 1, "items": _ref("layer")},
        },
        required=("schema", "slug", "name", "layers"),
    )
    about = {"$schema": _DIALECT, "title": "Recipe of MoA Playground", **shape}
    return {**about, "$defs": _definitions()}


def _definitions() -> Shape:
    kinds = {
        "draft": _layer("draft", {**_written(), "window": {"type": "null"}}),
        "vote": _layer("vote", _election()),
        "aggregate": _layer("aggregate", {**_written(), "primary": _text()}),
    }
    chosen = [{"if": _of_kind(kind), "then": _ref(f"{kind}_layer")} for kind in kinds]
    layer = {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": list(kinds)}},
        "allOf": chosen,
    }
    return {
        "layer": layer,
        **{f"{kind}_layer": shape for kind, shape in kinds.items()},
        "slot": _slot(),
        "pack": _pack(),
        "params": _params(),
        "variable": _variable(),
    }


def _of_kind(kind: str) -> Shape:
    return {"properties": {"kind": {"const": kind}}}


def _layer(kind: str, own: Shape) -> Shape:
    return _mapping(
        {
            "kind": {"const": kind},
            "name": _said(120),
            "max_parallel": _whole(1),
            "quorum": _whole(1),
            "grace_s": _number(0, LONGEST_S),
            "timeout_s": _above(0, LONGEST_S),
            "on_fail": _one_of("drop", "abort"),
            **own,
        },
        required=("kind",) if kind == "vote" else ("kind", "slots"),
    )


def _written() -> Shape:
    """What layers have whose slots write."""
    return {
        "sees": _one_of("none", "previous", "all"),
        "pack": _or_null(_ref("pack")),
        "slots": {"type": "array", "minItems": 1, "items": _ref("slot")},
    }


def _election() -> Shape:
    return {
        "slots": {"type": ["array", "null"], "maxItems": 0},
        "extract": _one_of(*EXTRACTS),
        "pattern": {"type": ["string", "null"], "maxLength": LONGEST_PATTERN},
        "ties": _one_of(*TIES),
        "stop_early": {"type": ["boolean", "null"]},
    }


def _slot() -> Shape:
    return _mapping(
        {
            "label": _or_null(_matching(r"[A-Za-z0-9_-]{1,12}")),
            "model": _required_text(64),
            "samples": _whole(1, 100),
            "system_prompt": _text(),
            "prompt": _said(_TEXT),
            "params": _or_null(_ref("params")),
            "fallback": _texts(64),
            "timeout_s": _above(0, LONGEST_S),
            "retries": _whole(0, 20),
        },
        required=("model",),
    )


def _pack() -> Shape:
    return _mapping(
        {
            "template": _text(),
            "header": _text(),
            "order": _one_of("fixed", "shuffle"),
            "anonymise": {"type": ["boolean", "null"]},
            "strip_reasoning": {"type": ["boolean", "null"]},
            "max_chars": _whole(1),
            "placement": _one_of("system", "user_tail"),
        }
    )


def _params() -> Shape:
    return _mapping(
        {
            "temperature": _number(0, 2),
            "top_p": _number(0, 1),
            "max_tokens": _whole(1, 10_000_000),
            "seed": _whole(-(2**63), 2**63 - 1),
            "stop": _texts(200),
            "reasoning_effort": _one_of(*_EFFORTS),
            "extra": {
                "type": ["object", "null"],
                "propertyNames": {"not": {"enum": list(_SET_BY_ENGINE)}},
            },
        }
    )


def _variable() -> Shape:
    name = _matching(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
    return _mapping(
        {
            "name": {**name, "not": {"enum": ["prompt", "references"]}},
            "type": _one_of("string", "text", "number", "integer", "boolean"),
            "required": {"type": ["boolean", "null"]},
            # Of the type that stands beside it: what keys say of each other.
            "default": {},
            "help": _text(),
        },
        required=("name",),
    )


def _limits() -> Shape:
    return _mapping(
        {
            "max_cost_usd": _number(0, 1_000_000),
            "deadline_s": _above(0, LONGEST_S),
            "max_calls": _whole(1),
        }
    )


def _mapping(properties: Shape, *, required: tuple[str, ...] = ()) -> Shape:
    """Known keys, and those that begin with `x_`."""
    shape = {
        "type": "object",
        "properties": properties,
        "patternProperties": {"^x_": True},
        "additionalProperties": False,
    }
    return {**shape, **({"required": list(required)} if required else {})}


def _ref(name: str) -> Shape:
    return {"$ref": f"#/$defs/{name}"}


def _or_null(shape: Shape) -> Shape:
    return {"anyOf": [shape, {"type": "null"}]}


def _matching(pattern: str) -> Shape:
    # Some languages let `$` pass a line break at the end.
    return {"type": "string", "pattern": rf"^{pattern}$(?!\n)"}


def _text() -> Shape:
    return {"type": ["string", "null"], "maxLength": _TEXT}


def _said(longest: int) -> Shape:
    return {"type": ["string", "null"], "maxLength": longest, "pattern": r"\S"}


def _required_text(longest: int) -> Shape:
    return {"type": "string", "maxLength": longest, "pattern": r"\S"}


def _texts(longest: int) -> Shape:
    return {"type": ["array", "null"], "items": _required_text(longest)}


def _list(name: str) -> Shape:
    return {"type": ["array", "null"], "items": _ref(name)}


def _one_of(*words: str) -> Shape:
    return {"enum": [*words, None]}


def _whole(low: int, high: int | None = None) -> Shape:
    return _bounded({"type": ["integer", "null"], "minimum": low}, high)


def _number(low: float, high: float) -> Shape:
    return _bounded({"type": ["number", "null"], "minimum": low}, high)


def _above(low: float, high: float) -> Shape:
    return _bounded({"type": ["number", "null"], "exclusiveMinimum": low}, high)


def _bounded(shape: Shape, high: float | None) -> Shape:
    return shape if high is None else {**shape, "maximum": high}
