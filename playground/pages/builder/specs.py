"""What a field of the builder's forms is; the fields themselves stand beside this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playground.pages.builder.values import Kind

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field: `key` is its path below its part, `default` what holds while absent."""

    key: str
    label: str
    hint: str = ""
    kind: Kind = "number"
    default: Any = ""
    unit: str = ""
    choices: Choices = ()
    placeholder: str = ""
    wide: bool = False

    @property
    def path(self) -> list[str | int]:
        """The key's parts; a number is a place in a list."""
        return [int(part) if part.isdecimal() else part for part in self.key.split(".")]


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together under one heading."""

    key: str
    title: str
    fields: tuple[FieldSpec, ...]
