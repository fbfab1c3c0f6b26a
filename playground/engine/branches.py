"""How a run departs from its parent: drafts it is given, drafts left out, other models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from playground.engine.shapes import DraftKey, Layer, Plan, Slot

LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class GivenDraft:
    """A draft that is there before the run begins; `alias` is the model that wrote it.

    `margin` is what the odds of its verdict said, where it compared two drafts.
    """

    alias: str
    text: str
    reasoning: str = ""
    margin: float | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """What is not called, and who is called instead; all by draft key.

    A run without a parent, and a follow-up, is given nothing.
    """

    given: Mapping[str, GivenDraft] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    models: Mapping[str, str] = field(default_factory=dict)

    def slot_of(self, layer: Layer, key: DraftKey) -> Slot:
        """The slot that writes a draft; a model that a person chose has no stand-ins."""
        slot = layer.slot(key.label)
        alias = self.models.get(str(key))
        return slot if alias is None else chosen(slot, alias)

    def to_call(self, layer: Layer) -> tuple[DraftKey, ...]:
        """The drafts of a layer that are to be written."""
        return tuple(
            key
            for key in layer.drafts()
            if str(key) not in self.given and str(key) not in self.left_out
        )

    def called(self, plan: Plan) -> Plan:
        """The plan's slots that will be called, as they will be: a layer may have none."""
        return replace(
            plan,
            layers=tuple(
                replace(layer, slots=self._called_in(layer)) for layer in plan.layers
            ),
        )

    def _called_in(self, layer: Layer) -> tuple[Slot, ...]:
        slots = [self.slot_of(layer, key) for key in self.to_call(layer)]
        return tuple(
            slot for place, slot in enumerate(slots) if slot not in slots[:place]
        )

    def is_given(self, layer: Layer) -> bool:
        """True when a draft of this layer was there before."""
        return any(str(key) in self.given for key in layer.drafts())


NO_BRANCH = Branch()


def chosen(slot: Slot, alias: str) -> Slot:
    """The slot with the model that a person asks for, and nobody in its place."""
    return replace(slot, model=alias, fallback=())
