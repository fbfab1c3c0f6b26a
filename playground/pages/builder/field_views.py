"""The fields of the builder's forms as they are shown: their values, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from playground.pages.builder.parts import Prefix
from playground.pages.builder.specs import FieldSpec, Group


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field as it is shown: its value, and what is wrong with it."""

    spec: FieldSpec
    prefix: Prefix
    value: str
    is_set: bool
    wrongs: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name in the form."""
        return f"{self.prefix}.{self.spec.key}"

    @property
    def dom_id(self) -> str:
        """Its id on the page."""
        return f"f-{self.name.replace('.', '-')}"

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What can be chosen, and a value that no choice means as it is."""
        known = list(self.spec.choices)
        if self.value and all(value != self.value for value, _ in known):
            known.append((self.value, f"{self.value} (not known)"))
        return known

    @property
    def row(self) -> str:
        """In which row of a list it stands."""
        return self.spec.key.split(".")[1]

    @property
    def first_of_row(self) -> bool:
        """True for a rule's first field."""
        return self.name.endswith(".contains")

    @property
    def last_of_row(self) -> bool:
        """True for a variable's or a rule's last field."""
        return self.name.endswith((".help", ".score"))

    @property
    def redraws(self) -> bool:
        """True when the fields of its part depend on it."""
        return self.name in {
            "layer.kind",
            "layer.sees",
            "layer.extract",
            "layer.by",
        } or self.name.endswith(".type")


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group of fields, and how many of them the recipe sets."""

    group: Group
    fields: tuple[FieldView, ...]

    @property
    def is_set(self) -> bool:
        """True when anything in it is set, or wrong."""
        return any(each.is_set or each.wrongs for each in self.fields)

    @property
    def gist(self) -> str:
        """What to say of it while it is folded."""
        number = sum(each.is_set for each in self.fields)
        return f"{number} set" if number else "as usual"
