"""Where a run stands: a fold over its journal. `apply` is the only thing that changes it.

Drafts go waiting -> writing -> waiting (again) … -> done | failed | stopped | skipped,
and from there to waiting once more when a person wants one written again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from playground.engine.branches import Branch, GivenDraft, chosen
from playground.engine.events import (
    CallEnded,
    CallOpened,
    CallStatus,
    DraftDone,
    DraftFailed,
    DraftGiven,
    DraftSkipped,
    DraftStopped,
    Fault,
    LayerClosed,
    LayerOpened,
    Resumed,
    RetryAsked,
    Row,
    RunEnded,
    Started,
    StopAsked,
)
from playground.engine.shapes import DraftKey, Layer, Plan, Slot

DraftEnd = Literal["done", "failed", "stopped", "skipped"]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a draft was before a person wanted it written again, and by whom."""

    slot: Slot
    n: int
    alias: str
    text: str
    reasoning: str


@dataclass(slots=True)
class DraftState:
    """One draft: which alias's turn it is, how often it was asked, how it ended.

    `wanted`: a person waits for it, so no quorum passes it over. `unwanted`: the call
    that is open is not. `planned` is the slot before anybody chose another model.
    `left_behind`: it was stopped because its layer went on, not by a person.
    """

    key: DraftKey
    slot: Slot
    planned: Slot
    given: GivenDraft | None = None
    left_out: bool = False
    wanted: bool = False
    stopping: bool = False
    unwanted: bool = False
    kept: Kept | None = None
    n: int = 0
    end: DraftEnd | None = None
    call: int | None = None
    turn: int = 0
    asked: int = 0
    not_before: int = 0
    last: CallStatus | None = None
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    alias: str = ""
    text: str = ""
    reasoning: str = ""
    cause: str = ""
    left_behind: bool = False

    @property
    def name(self) -> str:
        """The key as the journal writes it."""
        return str(self.key)

    @property
    def next_alias(self) -> str | None:
        """The model to ask next; None when all were asked in vain."""
        aliases = self.slot.aliases
        return aliases[self.turn] if self.turn < len(aliases) else None

    @property
    def has_text(self) -> bool:
        """True when it is written, also while it is written again."""
        return self.end == "done" or (self.end is None and self.kept is not None)

    @property
    def short_of(self) -> bool:
        """True when the run's limits are why there is no draft."""
        return self.end == "failed" and self.cause.startswith("limit")


@dataclass(slots=True)
class LayerState:
    """One opened layer. Time away moves `opened_at` and `quorum_at` on."""

    layer: Layer
    drafts: tuple[DraftState, ...]
    opened_at: int
    inputs: tuple[str, ...]
    quorum_at: int | None = None
    closed: LayerClosed | None = None
    trims: list[int] = field(default_factory=list)

    @property
    def due_at(self) -> int:
        """When the layer's time is over."""
        return self.opened_at + round(self.layer.timeout_s * 1000)

    @property
    def grace_until(self) -> int | None:
        """When the layer goes on without its stragglers; None before the quorum."""
        if self.quorum_at is None:
            return None
        return self.quorum_at + round(self.layer.grace_s * 1000)

    @property
    def usable(self) -> tuple[str, ...]:
        """The keys of the drafts that have a text, in slot order."""
        return tuple(draft.name for draft in self.drafts if draft.has_text)

    @property
    def needed(self) -> int:
        """How many usable drafts the layer needs to go on: never more than may come."""
        quorum = self.layer.quorum
        if self.layer.kind == "vote":
            return quorum or 1
        coming = sum(not draft.left_out for draft in self.drafts)
        return max(1, min(quorum or 1, coming))

    @property
    def writing(self) -> int:
        """How many calls are open."""
        return sum(draft.call is not None for draft in self.drafts)


class RunState:
    """The whole run. `calls` are the open ones; `orphans` those of an earlier worker."""

    def __init__(self, plan: Plan, branch: Branch) -> None:
        self.plan = plan
        self.started = False
        self.called_off = False
        self.now = 0
        self.drafts = {
            str(key): _blank(branch, layer, key)
            for layer in plan.layers
            for key in layer.drafts()
        }
        self.layers: list[LayerState] = []
        self.calls: dict[int, CallOpened] = {}
        self.orphans: set[int] = set()
        self.last_n = 0
        self.settled_nanos = 0
        self.ended: RunEnded | None = None

    @property
    def current(self) -> LayerState | None:
        """The layer that was opened last."""
        return self.layers[-1] if self.layers else None

    def apply(self, row: Row) -> None:
        """Take one row in."""
        self.now = max(self.now, getattr(row, "at", 0))
        match row:
            case Started():
                self.started = True
            case Resumed():
                self._resume(row)
            case LayerOpened() | LayerClosed():
                self._turn_layer(row)
            case CallOpened():
                self._open_call(row)
            case CallEnded():
                self._end_call(row)
            case StopAsked() | RetryAsked():
                _ask(self.drafts[row.key], row)
            case RunEnded():
                self.ended = row
            case _:
                self._end_draft(row)

    def _resume(self, row: Resumed) -> None:
        self.orphans = set(self.calls)
        current = self.current
        if current is not None and current.closed is None:
            current.opened_at += row.away_ms
            if current.quorum_at is not None:
                current.quorum_at += row.away_ms

    def _turn_layer(self, row: LayerOpened | LayerClosed) -> None:
        if isinstance(row, LayerClosed):
            self.layers[-1].closed = row
            return
        layer = self.plan.layers[row.layer - 1]
        drafts = tuple(self.drafts[str(key)] for key in layer.drafts())
        self.layers.append(LayerState(layer, drafts, row.at, row.inputs))

    def _open_call(self, row: CallOpened) -> None:
        self.calls[row.n] = row
        self.last_n = max(self.last_n, row.n)
        self.drafts[row.key].call = row.n
        if row.trim_chars is not None:
            self.layers[-1].trims.append(row.trim_chars)

    def _end_call(self, row: CallEnded) -> None:
        opened = self.calls.pop(row.n)
        self.orphans.discard(row.n)
        self.settled_nanos += row.cost_nanos or 0
        draft = self.drafts[row.key]
        draft.call, draft.unwanted = None, False
        draft.last = row.status
        if row.status == "failed":
            _count_failure(draft, row, opened.alias)
        self._mark_quorum(row.at)

    def _mark_quorum(self, at: int) -> None:
        current = self.layers[-1]
        if current.layer.quorum is not None and current.quorum_at is None:
            current.quorum_at = at if len(current.usable) >= current.needed else None

    def _end_draft(
        self, row: DraftDone | DraftGiven | DraftFailed | DraftStopped | DraftSkipped
    ) -> None:
        draft = self.drafts[row.key]
        match row:
            case DraftDone():
                _write(draft, row)
            case DraftGiven():
                draft.end, draft.alias = "done", row.alias
                draft.text, draft.reasoning = row.text, row.reasoning
            case DraftFailed():
                draft.end, draft.cause = "failed", row.cause
            case DraftStopped():
                draft.end = "stopped"
                draft.left_behind = self.layers[-1].closed is not None
            case DraftSkipped():
                draft.end, draft.cause = "skipped", row.cause
        draft.wanted = draft.stopping = False
        # A draft that ends before any layer was opened: the run is over before it began.
        self.called_off = self.called_off or not self.layers


def _blank(branch: Branch, layer: Layer, key: DraftKey) -> DraftState:
    slot = branch.slot_of(layer, key)
    return DraftState(
        key,
        slot,
        slot,
        given=branch.given.get(str(key)),
        left_out=str(key) in branch.left_out,
        # Its quorum was met by what is given: it would close before this is written.
        wanted=branch.is_given(layer) and key in branch.to_call(layer),
    )


def _ask(draft: DraftState, row: StopAsked | RetryAsked) -> None:
    draft.unwanted = draft.call is not None
    draft.stopping = isinstance(row, StopAsked)
    if isinstance(row, StopAsked):
        return
    if draft.end == "done":
        draft.kept = Kept(draft.slot, draft.n, draft.alias, row.text, row.reasoning)
    draft.slot = draft.planned
    if row.alias is not None:
        draft.slot = chosen(draft.planned, row.alias)
    draft.wanted, draft.end, draft.cause = True, None, ""
    draft.turn, draft.asked, draft.not_before = 0, 0, 0
    draft.alias, draft.text, draft.reasoning = "", "", ""
    draft.faults.clear()


def _write(draft: DraftState, row: DraftDone) -> None:
    if draft.kept is not None and draft.kept.n == row.n:
        draft.slot = draft.kept.slot
    draft.kept = None
    draft.end, draft.n, draft.alias = "done", row.n, row.alias
    draft.text, draft.reasoning = row.text, row.reasoning


def _count_failure(draft: DraftState, row: CallEnded, alias: str) -> None:
    """A lost call is no failure of its model; one without `retry_at` was its last."""
    if row.error is not None:
        draft.faults.append((alias, row.error))
    if row.retry_at is None:
        draft.turn, draft.asked, draft.not_before = draft.turn + 1, 0, 0
    else:
        draft.asked, draft.not_before = draft.asked + 1, row.retry_at
