"""A slot's chain as its layer's section shows it: what each refinement made of what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playground.engine.chains import Link, follows, laid_before, link_of
from playground.engine.plan import DraftKey, Layer
from playground.live.seats import DraftView


@dataclass(frozen=True, slots=True)
class Step:
    """One refinement: the best before it, how often that is laid, and the samples.

    `is_sure` once it is known what it reads: before, some of that may still fail.
    """

    made: DraftView
    best: DraftView | None
    times: int
    fresh: tuple[DraftView, ...]
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """The refinements of one slot, in order, and its best so far."""

    label: str
    hue: str
    model: str
    steps: tuple[Step, ...]
    best: DraftView | None


@dataclass(frozen=True, slots=True)
class ChainView:
    """What the page says of a layer with a `window`, beside what it says of any."""

    layer: Layer
    drafts: Sequence[DraftView]

    @property
    def slots(self) -> tuple[Chain, ...]:
        """The chain of each slot that has one."""
        return tuple(
            _chain(
                self.layer, [each for each in self.drafts if each.label == slot.label]
            )
            for slot in self.layer.slots
            if self.layer.refinements(slot)
        )

    @property
    def gist(self) -> str:
        """What it does with its samples, in a sentence."""
        window = self.layer.window or 1
        following = "sample" if window == 1 else f"{window} samples"
        return f"Then the best so far is refined with the next {following}."

    @property
    def tally(self) -> str:
        """`5 + 1 of 5 + 2`: samples and refinements that are written."""
        done = [each.refines for each in self.drafts if each.status == "done"]
        samples = len(self.layer.samples())
        refinements = len(self.drafts) - samples
        return f"{done.count(False)} + {done.count(True)} of {samples} + {refinements}"

    @property
    def is_in(self) -> str:
        """What the layer after it waits for, up to the verb."""
        refinements = len(self.drafts) - len(self.layer.samples())
        which = "refinement" if refinements == 1 else "last refinement"
        slots = "" if len(self.layer.slots) == 1 else " of each slot"
        return f"the {which}{slots} of layer {self.layer.index} is"

    @property
    def hands_on(self) -> tuple[str, ...]:
        """The last draft of each slot, which is to be its best."""
        return tuple({each.label: each.key for each in self.drafts}.values())

    @property
    def read_already(self) -> frozenset[str]:
        """The drafts that a new text comes too late for: a refinement has begun."""
        begun = {each.key for each in self.drafts if each.refines and _has_begun(each)}
        return frozenset(
            each.key
            for each in self.drafts
            if any(str(key) in begun for key in follows(self.layer, key_of(each)))
        )

    @property
    def refined_later(self) -> frozenset[str]:
        """The drafts of which a refinement of the same layer is made."""
        return frozenset(
            each.key for each in self.drafts if follows(self.layer, key_of(each))
        )


def key_of(draft: DraftView) -> DraftKey:
    """Its key as the engine has it."""
    return DraftKey(draft.layer, draft.label, draft.sample)


def _chain(layer: Layer, drafts: list[DraftView]) -> Chain:
    by_key = {draft.key: draft for draft in drafts}
    usable = [draft.key for draft in drafts if draft.status == "done"]
    steps = tuple(
        _step(layer, draft, by_key, usable) for draft in drafts if draft.refines
    )
    refined = [step.made for step in steps if step.made.status == "done"]
    best = refined[-1] if refined else by_key.get(next(iter(usable), ""))
    first = drafts[0]
    return Chain(first.label, first.hue, first.slot.model, steps, best)


def _step(
    layer: Layer, draft: DraftView, by_key: dict[str, DraftView], usable: list[str]
) -> Step:
    link = link_of(layer, key_of(draft))
    if draft.references:
        read = {shown.key: 0 for shown in draft.references}
        for shown in draft.references:
            read[shown.key] += shown.times
        return _of_read(draft, link, read, by_key, is_sure=True)
    ended = all(by_key[str(key)].is_over for key in link.before)
    laid = laid_before(layer, key_of(draft), usable if ended else _hoped(by_key))
    return _of_read(
        draft, link, {key: laid.count(key) for key in laid}, by_key, is_sure=ended
    )


def _of_read(
    draft: DraftView,
    link: Link,
    read: dict[str, int],
    by_key: dict[str, DraftView],
    *,
    is_sure: bool,
) -> Step:
    best = next((str(key) for key in link.earlier if str(key) in read), None)
    return Step(
        made=draft,
        best=None if best is None else by_key[best],
        times=read.get(best or "", 1),
        fresh=tuple(by_key[key] for key in read if key != best),
        is_sure=is_sure,
    )


def _hoped(by_key: dict[str, DraftView]) -> list[str]:
    """All that is not lost yet."""
    lost = {"failed", "stopped", "skipped"}
    return [draft.key for draft in by_key.values() if draft.status not in lost]


def _has_begun(draft: DraftView) -> bool:
    return draft.is_over or bool(draft.calls)
