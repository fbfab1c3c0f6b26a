"""A slot's chain: its samples, and the drafts that refine the best so far with them.

Self-MoA-Seq (Li et al. 2025, arXiv 2502.00674, figure 1c): a window slides over the
samples of one slot. The first refinement reads the first sample and the `window` samples
after it, each following one the best so far and the next `window` samples. The best so
far is the last refinement that was written, before that the first usable sample; a
refinement is laid before the next as often as there are samples beside it, which biases
the model towards it, as the paper does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from playground.engine.shapes import DraftKey, Layer

NOTHING_NEW = "there was nothing to refine with"


@dataclass(frozen=True, slots=True)
class Link:
    """One refinement's place: what may be the best so far, newest first, and its samples."""

    earlier: tuple[DraftKey, ...]
    fresh: tuple[DraftKey, ...]

    @property
    def before(self) -> tuple[DraftKey, ...]:
        """All that must have ended before it may be written."""
        return (*self.earlier, *self.fresh)


def link_of(layer: Layer, key: DraftKey) -> Link:
    """The place of a refinement in its slot's chain."""
    slot = layer.slot(key.label)
    window = layer.window or slot.samples
    place = key.sample - slot.samples
    first = (place - 1) * window + 2
    last = min(slot.samples, first + window - 1)

    def keys(samples: Iterable[int]) -> tuple[DraftKey, ...]:
        return tuple(DraftKey(key.layer, key.label, sample) for sample in samples)

    refined = range(key.sample - 1, slot.samples, -1)
    return Link(keys((*refined, *range(1, first))), keys(range(first, last + 1)))


def laid_before(layer: Layer, key: DraftKey, usable: Sequence[str]) -> tuple[str, ...]:
    """What a refinement reads, the best so far first; nothing when that is one text."""
    link = link_of(layer, key)
    fresh = [str(each) for each in link.fresh if str(each) in usable]
    best = next((each for each in link.earlier if str(each) in usable), None)
    if best is None:
        return tuple(fresh) if len(fresh) > 1 else ()
    if not fresh:
        return ()
    times = len(fresh) if layer.refines(best) else 1
    return (*[str(best)] * times, *fresh)


def bests(layer: Layer, usable: Sequence[str]) -> tuple[str, ...]:
    """What a layer with a window passes on: the best so far of each slot that has one."""
    return tuple(
        str(best)
        for slot in layer.slots
        if (best := _best(layer, slot.label, usable)) is not None
    )


def follows(layer: Layer, key: DraftKey) -> tuple[DraftKey, ...]:
    """The refinements of the same slot that read a draft, or what came of it."""
    if layer.window is None:
        return ()
    return tuple(
        other
        for other in layer.drafts()
        if other.label == key.label
        and layer.refines(other)
        and key in link_of(layer, other).before
    )


def _best(layer: Layer, label: str, usable: Sequence[str]) -> DraftKey | None:
    keys = [key for key in layer.drafts() if key.label == label and str(key) in usable]
    refined = [key for key in keys if layer.refines(key)]
    return refined[-1] if refined else next(iter(keys), None)
