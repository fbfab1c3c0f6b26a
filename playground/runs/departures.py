"""How a run departs from its parent: which drafts it takes over, and which it writes.

A layer is written anew when something that it reads has changed, and so is a refinement
of a `window`; what is not, is reused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from playground.engine.branches import NO_BRANCH, Branch, GivenDraft
from playground.engine.chains import follows
from playground.engine.plan import DraftKey, Layer, Plan
from playground.engine.routes import NOT_TAKEN
from playground.engine.ways import before, ways
from playground.runs.models import Draft, Run
from playground.runs.states import DraftStatus, Given

Kind = Literal["follow_up", "left_out", "edited", "retried", "alone"]
# A draft that its run gave up is not tried again unless somebody asks for it.
_GIVEN_UP = (DraftStatus.FAILED, DraftStatus.STOPPED)
GIVEN_UP = "The run before this one has no text of it."


@dataclass(frozen=True, slots=True)
class Departure:
    """A run's way from its parent. `sources` are the parent's drafts by key.

    `reused` and `left_out` are keys, `edited` texts by key, `models` aliases by key,
    `margins` what the odds of reused verdicts said.
    With the parent's `seed` what is not changed is drawn as it was.
    """

    kind: Kind
    seed: int | None = None
    keys: tuple[str, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    reused: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    edited: Mapping[str, str] = field(default_factory=dict)
    margins: Mapping[str, float] = field(default_factory=dict)
    sources: Mapping[str, Draft] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """What the run keeps of it; the rest lies with its drafts."""
        told = {
            "kind": self.kind,
            "keys": list(self.keys),
            "models": dict(self.models),
        }
        return told | ({"margins": dict(self.margins)} if self.margins else {})

    @property
    def branch(self) -> Branch:
        """The same, as the engine has it."""
        texts = {key: self.sources[key].text for key in self.reused}
        texts.update(self.edited)
        return Branch(
            given={key: self._given(key, text) for key, text in texts.items()},
            left_out=self.left_out,
            models=self.models,
        )

    def _given(self, key: str, text: str) -> GivenDraft:
        source = self.sources[key]
        if key in self.edited:
            return GivenDraft(source.model, text)
        return GivenDraft(source.model, text, source.reasoning, self.margins.get(key))


def departure(
    kind: Kind,
    *,
    plan: Plan,
    parent: Run,
    drafts: Iterable[Draft],
    left_out: Collection[str] = (),
    edited: Mapping[str, str] | None = None,
    again: Mapping[str, str | None] | None = None,
    margins: Mapping[str, float] | None = None,
) -> Departure:
    """What changes when these keys are left out, edited, or written `again` by a model.

    `margins` are the parent's, by the keys of its verdicts.
    """
    edited, again = edited or {}, again or {}
    changed = {*left_out, *edited, *again}
    sources = {draft.key: draft for draft in drafts}
    stale = _stale(plan, changed) | _resting(plan, changed)
    gone = {key for key in sources if key in left_out} | {
        key
        for key, draft in sources.items()
        if key not in changed and _stays_out(draft, is_stale=key in stale)
    }
    reused = frozenset(
        key
        for key, draft in sources.items()
        if key not in changed and key not in stale and draft.status == DraftStatus.DONE
    )
    to_write = set(sources) - gone - reused - set(edited)
    chosen = {key: alias for key, alias in again.items() if alias}
    models = {**parent.branch.get("models", {}), **chosen}
    return Departure(
        kind,
        seed=parent.seed,
        keys=tuple(sorted(changed)),
        models={key: alias for key, alias in models.items() if key in to_write},
        reused=reused,
        left_out=frozenset(gone),
        edited=edited,
        margins={key: said for key, said in (margins or {}).items() if key in reused},
        sources=sources,
    )


def _stays_out(draft: Draft, *, is_stale: bool) -> bool:
    if draft.given == Given.LEFT_OUT:
        return True
    return not is_stale and draft.status in _GIVEN_UP


def _stale(plan: Plan, changed: Collection[str]) -> set[str]:
    """The drafts that read what has changed, or what follows from it, on any way."""
    stale = _stale_layers(plan, changed)
    return {
        str(key)
        for layer in plan.layers
        for key in (
            layer.drafts() if layer.index in stale else _refined(layer, changed)
        )
    }


def _stale_layers(plan: Plan, changed: Collection[str]) -> set[int]:
    """Of another score another branch may follow, and all that comes after it."""
    moved = {key.layer for key in plan.drafts() if str(key) in changed}
    if plan.layers[0].route is not None and 1 in moved:
        return {layer.index for layer in plan.layers[1:]}
    stale: set[int] = set()
    for way in ways(plan):
        for layer in way.layers:
            read = {each.index for each in _reads(way, layer)}
            if read & (moved | stale):
                stale.add(layer.index)
    return stale


def _refined(layer: Layer, changed: Collection[str]) -> set[DraftKey]:
    """The refinements of one layer that read what has changed in it."""
    moved = (key for key in layer.drafts() if str(key) in changed)
    return {reader for key in moved for reader in follows(layer, key)}


def _resting(plan: Plan, changed: Collection[str]) -> set[str]:
    """The judgements that were made because of how changed ones before them went."""
    return {
        str(key)
        for layer in plan.layers
        if layer.contest is not None and layer.contest.steps > 1
        for key in layer.drafts()
        for earlier in layer.drafts()
        if str(earlier) in changed and layer.step(earlier) < layer.step(key)
    }


def _reads(way: Plan, layer: Layer) -> Sequence[Layer]:
    earlier = before(way, layer)
    read: dict[str, Sequence[Layer]] = {
        "none": (),
        "previous": earlier[-1:],
        "all": earlier,
    }
    return read[layer.sees]


def empty_layer(plan: Plan, leaving: Departure) -> Layer | None:
    """A layer of which nothing would remain to be passed on, if there is one."""
    for layer in plan.layers:
        keys = layer.samples()
        # Drafts go on without their judges, as they did in the run before.
        if layer.judges or not keys:
            continue
        if all(str(key) in leaving.left_out for key in keys):
            return layer
    return None


def not_taken(drafts: Iterable[Draft], keys: Collection[str]) -> str | None:
    """One of these keys whose draft is on the branch that its run did not take."""
    passed_by = (each.key for each in drafts if each.cause == NOT_TAKEN)
    return next((key for key in passed_by if key in keys), None)


def drafts_of_new(run: Run, plan: Plan, leaving: Departure | None) -> list[Draft]:
    """The drafts that a run begins with, those that are given with their text."""
    branch = NO_BRANCH if leaving is None else leaving.branch
    drafts: list[Draft] = []
    for layer in plan.layers:
        for key in layer.drafts():
            draft = Draft(
                run=run,
                key=str(key),
                position=len(drafts),
                layer=key.layer,
                label=key.label,
                sample=key.sample,
                model=branch.slot_of(layer, key).model,
            )
            if leaving is not None:
                _take_over(draft, leaving, branch)
            drafts.append(draft)
    return drafts


def _take_over(draft: Draft, leaving: Departure, branch: Branch) -> None:
    key = draft.key
    given = branch.given.get(key)
    if given is not None:
        draft.status = DraftStatus.DONE
        draft.model, draft.text, draft.reasoning = (
            given.alias,
            given.text,
            given.reasoning,
        )
        draft.given = Given.EDITED if key in leaving.edited else Given.REUSED
        draft.references = leaving.sources[key].references
        draft.seed = leaving.sources[key].seed
    elif key in leaving.left_out:
        draft.status, draft.given = DraftStatus.SKIPPED, Given.LEFT_OUT
        draft.cause = "" if key in leaving.keys else GIVEN_UP
    else:
        return
    draft.source = leaving.sources[key]
