"""What each kind of layer passes on, once its drafts are as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playground.engine.shapes import DraftKey, Layer

LAST_RESORT = "no slot of this layer could write: the first draft that it was given stands as it is"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The drafts that go on, in order, and what is to be noted about them."""

    passed_on: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def outcome(
    layer: Layer, usable: Sequence[str], inputs: Sequence[str], *, needed: int
) -> Outcome:
    """What the layer passes on; nothing when there are fewer usable drafts than `needed`.

    `usable` are the keys of the written drafts in slot order, `inputs` what the layer
    was given.
    """
    if len(usable) >= needed:
        return Outcome(
            (_answer(layer, usable),) if layer.kind == "aggregate" else tuple(usable)
        )
    if layer.kind == "aggregate" and layer.quorum is None and inputs:
        return Outcome((inputs[0],), (LAST_RESORT,))
    return Outcome()


def _answer(layer: Layer, usable: Sequence[str]) -> str:
    """The primary's first usable sample, else the next usable in slot order."""
    primary = layer.slot(layer.primary)
    own = {
        str(DraftKey(layer.index, primary.label, sample))
        for sample in range(1, primary.samples + 1)
    }
    return next((key for key in usable if key in own), usable[0])
