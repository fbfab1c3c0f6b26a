"""How a run departs from its parent: which drafts it takes over, and which it writes.

A layer is written anew when something that it reads has changed; what is not, is reused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from playground.engine.branches import NO_BRANCH, Branch, GivenDraft
from playground.engine.plan import Layer, Plan
from playground.runs.models import Draft, Run
from playground.runs.states import DraftStatus, Given

Kind = Literal["follow_up", "left_out", "edited", "retried", "alone"]
# A draft that its run gave up is not tried again unless somebody asks for it.
_GIVEN_UP = (DraftStatus.FAILED, DraftStatus.STOPPED)
GIVEN_UP = "The run before this one has no text of it."


@dataclass(frozen=True, slots=True)
class Departure:
    """A run's way from its parent. `sources` are the parent's drafts by key.

    `reused` and `left_out` are keys, `edited` texts by key, `models` aliases by key.
    With the parent's `seed` what is not changed is drawn as it was.
    """

    kind: Kind
    seed: int | None = None
    keys: tuple[str, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    reused: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    edited: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Draft] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """What the run keeps of it; the rest lies with its drafts."""
        return {
            "kind": self.kind,
            "keys": list(self.keys),
            "models": dict(self.models),
        }

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
        return GivenDraft(
            source.model, text, "" if key in self.edited else source.reasoning
        )


def departure(
    kind: Kind,
    *,
    plan: Plan,
    parent: Run,
    drafts: Iterable[Draft],
    left_out: Collection[str] = (),
    edited: Mapping[str, str] | None = None,
    again: Mapping[str, str | None] | None = None,
) -> Departure:
    """What changes when these keys are left out, edited, or written `again` by a model."""
    edited, again = edited or {}, again or {}
    changed = {*left_out, *edited, *again}
    sources = {draft.key: draft for draft in drafts}
    stale = _stale(plan, changed)
    gone = {key for key in sources if key in left_out} | {
        key
        for key, draft in sources.items()
        if key not in changed and _stays_out(draft, is_stale=draft.layer in stale)
    }
    reused = frozenset(
        key
        for key, draft in sources.items()
        if key not in changed
        and draft.layer not in stale
        and draft.status == DraftStatus.DONE
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
        sources=sources,
    )


def _stays_out(draft: Draft, *, is_stale: bool) -> bool:
    if draft.given == Given.LEFT_OUT:
        return True
    return not is_stale and draft.status in _GIVEN_UP


def _stale(plan: Plan, changed: Collection[str]) -> set[int]:
    """The layers that read what has changed, or what follows from it."""
    moved = {key.layer for key in plan.drafts() if str(key) in changed}
    stale: set[int] = set()
    for layer in plan.layers:
        if any(index in moved or index in stale for index in _reads(layer)):
            stale.add(layer.index)
    return stale


def _reads(layer: Layer) -> range:
    first = {
        "none": layer.index,
        "previous": max(1, layer.index - 1),
        "all": 1,
    }
    return range(first[layer.sees], layer.index)


def empty_layer(plan: Plan, leaving: Departure) -> Layer | None:
    """A layer of which nothing would remain, if there is one."""
    for layer in plan.layers:
        keys = layer.drafts()
        if keys and all(str(key) in leaving.left_out for key in keys):
            return layer
    return None


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
