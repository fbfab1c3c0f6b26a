"""Everything that the builder's page shows of a working copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from playground.accounts.access import Viewer
from playground.catalog.queries import known_aliases
from playground.engine.errors import Problem
from playground.pages.builder.calibrating import Calibration, calibration_of
from playground.pages.builder.drawing import Diagram, Marks, draw
from playground.pages.builder.endings import Ending, endings, finished, is_ending
from playground.pages.builder.field_views import FieldView, GroupView
from playground.pages.builder.forms import System, system_of
from playground.pages.builder.parts import Part, Prefix, parts_of
from playground.pages.builder.picker import Option, options
from playground.pages.builder.places import Place
from playground.pages.builder.specs import FieldSpec
from playground.pages.builder.troubles import Trouble, marks_of, troubles
from playground.pages.builder.values import written
from playground.pages.builder.wiring import hue
from playground.pages.estimates import Forecast, forecast_unasked
from playground.recipes.copies import (
    newer_revision,
    others_editing,
    problems_of,
    steps_of,
)
from playground.recipes.diffing import Change, changes
from playground.recipes.editing import ABSENT, get_value
from playground.recipes.models import WorkingCopy
from playground.recipes.outline import (
    LayerOutline,
    SlotOutline,
    call_range,
    outline_of,
)

# Of what is to be mended, the list shows this many; each stands beside its field too.
_LISTED = 60


@dataclass
class Workshop:
    """A working copy with one place chosen."""

    copy: WorkingCopy
    place: Place
    viewer: Viewer
    # Saving was tried: then what is still to come is a fault as any other.
    refused: bool = False

    @cached_property
    def layers(self) -> tuple[LayerOutline, ...]:
        """The layers as they can be drawn."""
        return outline_of(self.copy.document)

    @cached_property
    def _problems(self) -> list[Problem]:
        return problems_of(self.copy)

    @cached_property
    def endings(self) -> list[Ending]:
        """Where the recipe is not finished."""
        return endings(self.layers, self._problems)

    @cached_property
    def troubles(self) -> list[Trouble]:
        """All that is wrong with what is there."""
        told = [each for each in self._problems if self.refused or not is_ending(each)]
        return troubles(self.copy.document, self.layers, told)

    @cached_property
    def changes(self) -> list[Change]:
        """What differs from the revision that the copy began from."""
        base = self.copy.base
        return changes(base.document, self.copy.document) if base else []

    @cached_property
    def diagram(self) -> Diagram:
        """The drawing, with its marks."""
        marks = Marks(self.place, marks_of(self.troubles), self._edited)
        return draw(self.layers, marks)

    @cached_property
    def _edited(self) -> frozenset[str]:
        """The slots that are not as they were in the revision before."""
        if self.copy.base is None:
            return frozenset()
        before = {
            (layer.path, slot.label): slot.content
            for layer in outline_of(self.copy.base.document)
            for slot in layer.slots
        }
        return frozenset(
            Place(layer.position, slot.position).fixed
            for layer in self.layers
            for slot in layer.slots
            if before.get((layer.path, slot.label)) != slot.content
        )

    @property
    def calls(self) -> tuple[int, int]:
        """The fewest and the most calls of a run in which nothing fails."""
        return call_range(self.layers)

    @cached_property
    def forecast(self) -> Forecast | None:
        """What a run of it will come to; None while it cannot run."""
        return forecast_unasked(
            self.copy.team,
            finished(self.copy.document, self.endings),
            to_come=[end.next_path for end in self.endings],
        )

    @property
    def layer(self) -> LayerOutline | None:
        """The chosen layer."""
        return self.place.layer_in(self.layers)

    @property
    def slot(self) -> SlotOutline | None:
        """The chosen slot."""
        return self.place.slot_in(self.layers)

    @cached_property
    def calibration(self) -> Calibration | None:
        """What past prompts say of the chosen route's threshold."""
        layer = self.layer
        is_route = layer is not None and layer.is_route
        return calibration_of(self.copy, layer) if layer and is_route else None

    @property
    def is_last_of_list(self) -> bool:
        """True when no layer follows the chosen one in the recipe's list or its branch."""
        layer = self.layer
        own = [each for each in self.layers if layer and each.side == layer.side]
        return layer is None or own[-1] is layer

    @property
    def may_route(self) -> bool:
        """True when a route can be put before all of it."""
        return bool(self.layers) and not any(each.is_route for each in self.layers)

    @property
    def slot_hue(self) -> str:
        """The chosen slot's hue."""
        return hue(self.layer, self.slot) if self.layer and self.slot else ""

    @property
    def slot_system(self) -> System:
        """Which system prompt the chosen slot is told."""
        content = self.slot.content if self.slot else {}
        return system_of(content.get("system_prompt", ABSENT))

    @property
    def recipe_system(self) -> str:
        """The recipe's system prompt."""
        return written("area", get_value(self.copy.document, ["system_prompt"]))

    @cached_property
    def fallbacks(self) -> list[str]:
        """The chosen slot's fallbacks, in order."""
        listed = self.slot.content.get("fallback") if self.slot else None
        return [str(each) for each in listed] if isinstance(listed, list) else []

    @cached_property
    def options(self) -> list[Option]:
        """The models that the chosen slot can have."""
        chosen = self.slot.model if self.slot else ""
        return options(self.copy.team, self.layers, chosen)

    @property
    def other_models(self) -> list[str]:
        """Models that could stand in for the chosen slot's."""
        taken = {self.slot.model if self.slot else "", *self.fallbacks}
        return [each.alias for each in self.options if each.alias not in taken]

    @cached_property
    def parts(self) -> dict[Prefix, Part]:
        """The forms of the place."""
        return parts_of(self.copy.document, self.place)

    def groups(self, prefix: Prefix) -> list[GroupView]:
        """The fields of one form, in their groups."""
        part = self.parts.get(prefix)
        if part is None:
            return []
        return [
            GroupView(group, tuple(self._field(part, spec) for spec in group.fields))
            for group in part.groups
        ]

    def _field(self, part: Part, spec: FieldSpec) -> FieldView:
        value = get_value(self.copy.document, [*part.path, *spec.path])
        name = f"{part.prefix}.{spec.key}"
        here = self.place if part.prefix == "slot" else Place(self.place.layer)
        return FieldView(
            spec=spec,
            prefix=part.prefix,
            value=written(spec.kind, value, spec.default),
            # A slot's label is its name, and says nothing about the rest of its group.
            is_set=value is not ABSENT and name != "slot.label",
            wrongs=tuple(
                each.message
                for each in self.troubles
                if each.field == name and each.place == here
            ),
        )

    def loose(self, prefix: Prefix) -> list[Trouble]:
        """Faults of a part that no field of it shows."""
        here = self.place if prefix == "slot" else Place(self.place.layer)
        return [each for each in self.troubles if each.place == here and not each.field]

    def fallback_wrongs(self) -> Sequence[str]:
        """What is wrong with the fallbacks."""
        return [
            each.message
            for each in self.troubles
            if each.field == "slot.fallback" and each.place == self.place
        ]

    def context(self) -> dict[str, Any]:
        """What the templates read."""
        copy, steps = self.copy, steps_of(self.copy)
        recipe_groups = self.groups("recipe")
        layer_groups, slot_groups = self.groups("layer"), self.groups("slot")
        return {
            "here": "recipes",
            "team": copy.team,
            "shop": self,
            "copy": copy,
            "name": self._name,
            "diagram": self.diagram,
            "place": self.place,
            "layers": self.layers,
            "troubles": self.troubles,
            "refused": self.refused,
            "ending": self.endings[0] if self.endings and not self.refused else None,
            "forecast": self.forecast,
            "listed_troubles": self.troubles[:_LISTED],
            "recipe_groups": recipe_groups,
            "layer_groups": layer_groups,
            "slot_groups": slot_groups,
            "loose_recipe": self.loose("recipe") if recipe_groups else [],
            "loose_layer": self.loose("layer") if layer_groups else [],
            "loose_slot": self.loose("slot") if slot_groups else [],
            "fallback_wrongs": self.fallback_wrongs(),
            "steps": steps,
            "others": list(others_editing(copy.recipe, self.viewer))
            if copy.recipe
            else [],
            "next_number": copy.base.number + 1 if copy.base else 1,
            "newer": newer_revision(copy),
            "has_models": bool(known_aliases()),
        }

    @property
    def _name(self) -> str:
        name = self.copy.document.get("name")
        return (
            name if isinstance(name, str) and name.strip() else "A recipe without name"
        )
