"""Where a run stands: a fold over its journal. `apply` is the only thing that changes it.

Drafts go waiting -> writing -> waiting (again) … -> done | failed | stopped | skipped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from playground.engine.events import (
    CallEnded,
    CallOpened,
    CallStatus,
    DraftDone,
    DraftFailed,
    DraftSkipped,
    DraftStopped,
    Fault,
    LayerClosed,
    LayerOpened,
    Resumed,
    Row,
    RunEnded,
    Started,
)
from playground.engine.shapes import DraftKey, Layer, Plan, Slot

DraftEnd = Literal["done", "failed", "stopped", "skipped"]


@dataclass(slots=True)
class DraftState:
    """One draft: which alias's turn it is, how often it was asked, how it ended."""

    key: DraftKey
    slot: Slot
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
        """The keys of the written drafts, in slot order."""
        return tuple(draft.name for draft in self.drafts if draft.end == "done")

    @property
    def writing(self) -> int:
        """How many calls are open."""
        return sum(draft.call is not None for draft in self.drafts)


class RunState:
    """The whole run. `calls` are the open ones; `orphans` those of an earlier worker."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.started = False
        self.called_off = False
        self.now = 0
        self.drafts = {
            str(key): DraftState(key, plan.layers[key.layer - 1].slot(key.label))
            for key in plan.drafts()
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
        draft.call = None
        draft.last = row.status
        if row.status == "failed":
            _count_failure(draft, row, opened.alias)
        self._mark_quorum(row.at)

    def _mark_quorum(self, at: int) -> None:
        current = self.layers[-1]
        quorum = current.layer.quorum
        if quorum is not None and current.quorum_at is None:
            current.quorum_at = at if len(current.usable) >= quorum else None

    def _end_draft(
        self, row: DraftDone | DraftFailed | DraftStopped | DraftSkipped
    ) -> None:
        draft = self.drafts[row.key]
        match row:
            case DraftDone():
                draft.end, draft.alias = "done", row.alias
                draft.text, draft.reasoning = row.text, row.reasoning
            case DraftFailed():
                draft.end, draft.cause = "failed", row.cause
            case DraftStopped():
                draft.end = "stopped"
            case DraftSkipped():
                draft.end = "skipped"
                self.called_off = self.called_off or not self.layers


def _count_failure(draft: DraftState, row: CallEnded, alias: str) -> None:
    """A lost call is no failure of its model; one without `retry_at` was its last."""
    if row.error is not None:
        draft.faults.append((alias, row.error))
    if row.retry_at is None:
        draft.turn, draft.asked, draft.not_before = draft.turn + 1, 0, 0
    else:
        draft.asked, draft.not_before = draft.asked + 1, row.retry_at
