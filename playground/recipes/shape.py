"""Checks documents by the published JSON Schema, beside the reader's own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from playground.engine.errors import Problem
from playground.engine.reading import shown_key
from playground.engine.schema import recipe_schema

_MOST = 20


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(recipe_schema())


def fits_schema(content: object) -> bool:
    """True for what the published schema accepts."""
    return _validator().is_valid(content)


def schema_problems(content: Mapping[str, Any]) -> list[Problem]:
    """What the published schema refuses in a document, by the reader's paths."""
    errors = islice(_validator().iter_errors(content), _MOST)
    return [_problem(error) for error in errors]


def unsaid(found: Iterable[Problem], said: Sequence[Problem]) -> list[Problem]:
    """Those of the schema's problems at whose path the reader says nothing."""
    return [
        each
        for each in found
        if not any(_joined(each.path, other.path) for other in said)
    ]


def _joined(one: str, other: str) -> bool:
    """True when one path leads through the other."""
    return one.startswith(other) or other.startswith(one)


def _problem(error: ValidationError) -> Problem:
    path = ""
    for part in error.absolute_path:
        name = f"[{part}]" if isinstance(part, int) else f".{shown_key(str(part))}"
        path += name
    # The schema's own message would repeat the value, which may be a secret.
    told = f"does not fit the published schema (`{error.validator}`)"
    return Problem(path.removeprefix("."), told)
