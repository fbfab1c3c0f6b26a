"""One way to write a row that may be there already, and to say what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from django.db.models import Model

Row = TypeVar("Row", bound=Model)


class Outcome(StrEnum):
    """What an upsert did."""

    MADE = "made"
    CHANGED = "changed"
    SAME = "unchanged"


def upsert(
    model: type[Row], key: Mapping[str, Any], values: Mapping[str, Any]
) -> tuple[Row, Outcome]:
    """The row of that key, holding these values, and what it took."""
    row, is_new = model._default_manager.get_or_create(**key, defaults=dict(values))  # noqa: SLF001
    if is_new:
        return row, Outcome.MADE
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    if not changed:
        return row, Outcome.SAME
    for name in changed:
        setattr(row, name, values[name])
    row.save(update_fields=changed)
    return row, Outcome.CHANGED
