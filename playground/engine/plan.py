"""Turns a moa-recipe/1 document into a plan, or says everything that is wrong with it.

The plan's values live in `shapes`; whoever makes or reads a plan imports them here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

from playground.engine.elections import LONGEST_S, check_elections
from playground.engine.errors import Problem, RecipeError
from playground.engine.panels import check_orders, seat_contests
from playground.engine.pricing import Price
from playground.engine.reading import Reader
from playground.engine.routes import SIDES, Side
from playground.engine.seats import check_names, read_layer
from playground.engine.shapes import (
    AnswerOverrides,
    Card,
    DraftKey,
    Election,
    Layer,
    Limits,
    Pack,
    Params,
    Plan,
    Slot,
    Variable,
    passed_on,
)

__all__ = [
    "LEAVES_SEVERAL",
    "SCHEMA",
    "AnswerOverrides",
    "Card",
    "DraftKey",
    "Election",
    "Layer",
    "Limits",
    "Pack",
    "Params",
    "Plan",
    "Price",
    "Slot",
    "Variable",
    "check_aliases",
    "check_variables",
    "parse",
]

SCHEMA = "moa-recipe/1"
# How the fault begins that every recipe has until its last layer is there.
LEAVES_SEVERAL = "the last layer must leave exactly one draft as the answer"
_TYPES = ("string", "text", "number", "integer", "boolean")
_HOLDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "text": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
}
_RESERVED = ("prompt", "references")


def parse(document: Mapping[str, object]) -> Plan:
    """The plan of a recipe; RecipeError with every problem when there are any."""
    problems: list[Problem] = []
    root = Reader(document, "", problems)
    if root.sound:
        plan = _read_plan(root)
    if problems:
        raise RecipeError(problems)
    return plan


def check_aliases(plan: Plan, known: Iterable[str]) -> list[Problem]:
    """A problem for every place where the plan names a model that is not `known`."""
    catalogue = frozenset(known)
    return [
        Problem(path, f"no model `{alias}` in the catalogue; ask an admin to add it")
        for path, alias in _named_models(plan)
        if alias not in catalogue
    ]


def check_variables(plan: Plan, given: Mapping[str, object]) -> list[Problem]:
    """What is wrong with the values that a person gave, by `variables.<name>`."""
    known = {variable.name: variable for variable in plan.variables}
    unknown = [
        Problem(f"variables.{name}", f"the recipe `{plan.slug}` has no such variable")
        for name in given
        if name not in known
    ]
    faults = [
        Problem(f"variables.{name}", fault)
        for name, variable in known.items()
        if (fault := _value_fault(variable, given.get(name)))
    ]
    return unknown + faults


def _named_models(plan: Plan) -> Iterable[tuple[str, str]]:
    for layer in plan.layers:
        for position, slot in enumerate(layer.slots):
            path = f"{layer.path}.slots[{position}]"
            yield f"{path}.model", slot.model
            for order, alias in enumerate(slot.fallback):
                yield f"{path}.fallback[{order}]", alias


def _value_fault(variable: Variable, value: object) -> str:
    if value is None or value == "":
        needed = variable.required and variable.default is None
        return "is required: give it a value" if needed else ""
    return "" if _holds(variable.type, value) else f"must be of type {variable.type}"


def _holds(kind: str, value: object) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _HOLDS[kind])


def _read_plan(root: Reader) -> Plan:
    _read_schema(root)
    variables = _read_variables(root)
    names = frozenset(variable.name for variable in variables)
    plan = Plan(
        slug=_read_slug(root),
        name=_read_name(root),
        description=root.text("description") or "",
        tags=root.texts("tags", longest=64),
        system_prompt=root.text("system_prompt"),
        variables=variables,
        sample_prompts=root.texts("sample_prompts"),
        limits=_read_limits(root.inner("limits")),
        layers=_read_layers(root, names),
    )
    check_names(root, "system_prompt", plan.system_prompt, (*names, "prompt"))
    root.close()
    return plan


def _read_schema(root: Reader) -> None:
    root.one_of("schema", (SCHEMA,))
    root.require("schema", f"write `schema: {SCHEMA}`")


def _read_slug(root: Reader) -> str:
    root.require("slug", "the recipe's name in addresses, such as `two-rounds`")
    slug = root.text(
        "slug",
        pattern=r"[a-z0-9][a-z0-9_-]{0,63}",
        wanted="1 to 64 of a-z, 0-9, `-` and `_`, beginning with a letter or digit",
    )
    return slug or ""


def _read_name(root: Reader) -> str:
    root.require("name", "what people call the recipe")
    return root.text("name", longest=120, empty=False) or ""


def _read_limits(limits: Reader) -> Limits:
    money = limits.number("max_cost_usd", high=1_000_000)
    read = Limits(
        max_cost_usd=None if money is None else Decimal(str(money)),
        deadline_s=limits.number("deadline_s", high=LONGEST_S, above=True),
        max_calls=limits.whole("max_calls", low=1),
    )
    limits.close()
    return read


def _read_variables(root: Reader) -> tuple[Variable, ...]:
    read: dict[str, Variable] = {}
    for path, item in root.items("variables"):
        reader = Reader(item, path, root.problems)
        variable = _read_variable(reader)
        if variable.name in read and variable.name:
            reader.complain("name", f"`{variable.name}` is there already: name it anew")
        read[variable.name] = variable
    return tuple(read.values())


def _read_variable(reader: Reader) -> Variable:
    reader.require("name", "the name that `{{name}}` in the prompts refers to")
    name = reader.text(
        "name",
        pattern=r"[A-Za-z_][A-Za-z0-9_]{0,63}",
        wanted="letters, digits and `_`, not beginning with a digit",
    )
    if name in _RESERVED:
        reader.complain("name", f"`{name}` is reserved: choose another name")
    variable = Variable(
        name=name or "",
        type=cast("Any", reader.one_of("type", _TYPES) or "string"),
        required=reader.flag("required") or False,
        default=cast("Any", reader.take("default")),
        help=reader.text("help") or "",
    )
    if variable.default is not None and not _holds(variable.type, variable.default):
        reader.complain("default", f"must be of type {variable.type}")
    reader.close()
    return variable


def _read_layers(root: Reader, names: frozenset[str]) -> tuple[Layer, ...]:
    root.require("layers", "a list with at least one layer")
    if root.take("layers") == []:
        root.complain("layers", "must have at least one layer")
    layers = list(_layers_under(root, "layers", names))
    read = seat_contests(root, layers)
    _check_ways(root, read)
    check_orders(root, read)
    return tuple(layer for layer in read if layer)


def _layers_under(
    reader: Reader,
    key: str,
    names: frozenset[str],
    *,
    first: int = 1,
    side: Side | None = None,
) -> Iterator[Layer | None]:
    """The layers of a list with those of their branches, numbered in reading order."""
    index = first
    for position, (path, item) in enumerate(reader.items(key)):
        inner = Reader(item, path, reader.problems)
        layer = read_layer(inner, index, names, opens=position == 0)
        index += 1
        yield layer and replace(layer, side=side, path=path)
        if layer is None or layer.route is None or side is not None:
            continue
        for branch in SIDES:
            for each in _layers_under(inner, branch, names, first=index, side=branch):
                index += 1
                yield each


def _check_ways(root: Reader, read: Sequence[Layer | None]) -> None:
    """What holds on either branch of a route, told once where it holds on both."""
    found: list[Problem] = []
    reader = Reader({}, "", found)
    sides = SIDES if any(layer and layer.route for layer in read) else (None,)
    for side in sides:
        way = [layer for layer in read if layer and layer.side in (None, side)]
        check_elections(reader, way)
        if way and all(read):
            _check_one_answer(reader, way)
    root.problems += dict.fromkeys(found)


def _check_one_answer(root: Reader, way: Sequence[Layer]) -> None:
    last, count = way[-1], passed_on(way)
    if count > 1:
        root.complain(
            last.path,
            f"{LEAVES_SEVERAL}, this one leaves "
            f"{count}: add an aggregate or a vote layer after it, or keep one slot with one sample",
        )
