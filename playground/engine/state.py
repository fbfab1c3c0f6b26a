"""Where a run stands: a fold over its journal. `apply` is the only thing that changes it."""

from __future__ import annotations

from playground.engine.branches import Branch, chosen
from playground.engine.errors import Paused
from playground.engine.events import (
    CallEnded,
    CallOpened,
    DraftDone,
    DraftFailed,
    DraftGiven,
    DraftSkipped,
    DraftStopped,
    LayerClosed,
    LayerOpened,
    ReplyUnread,
    Resumed,
    RetryAsked,
    Row,
    RunEnded,
    Started,
    StopAsked,
)
from playground.engine.routes import Side
from playground.engine.shapes import DraftKey, Layer, Plan
from playground.engine.standing import DraftState, Kept, LayerState
from playground.engine.uses import Use
from playground.engine.ways import way

__all__ = ["DraftState", "LayerState", "RunState"]


class RunState:
    """The whole run. `calls` are the open ones; `orphans` those of an earlier worker.

    `way` is the plan with the branch alone that was taken, once `side` is known;
    `replies` are all that could not be read, by call.
    """

    def __init__(self, plan: Plan, branch: Branch) -> None:
        self.plan = self.way = plan
        self.side: Side | None = None
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
        self.replies: dict[int, ReplyUnread] = {}
        self.last_n = self.held_back = 0
        self.settled: dict[str, Use] = {}
        self.ended: RunEnded | None = None

    @property
    def current(self) -> LayerState | None:
        """The layer that was opened last."""
        return self.layers[-1] if self.layers else None

    @property
    def not_taken(self) -> tuple[DraftState, ...]:
        """The drafts of the branch that the run did not take."""
        if self.side is None:
            return ()
        on_way = {layer.index for layer in self.way.layers}
        return tuple(d for d in self.drafts.values() if d.key.layer not in on_way)

    @property
    def made(self) -> int:
        """How many calls were made; what was held back at a provider that is down is none."""
        return self.last_n - self.held_back

    def taken(self, alias: str | None) -> Use:
        """What a model, or all, has used so far, with the ceilings of open calls."""
        settled = [use for name, use in self.settled.items() if alias in (None, name)]
        open_calls = [
            Use(call.ceiling_nanos or 0, call.ceiling_tokens or 0)
            for call in self.calls.values()
            if alias in (None, call.alias)
        ]
        return sum((*settled, *open_calls), Use())

    def opened(self, index: int) -> LayerState:
        """The opened layer with this number."""
        return next(each for each in self.layers if each.layer.index == index)

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
            case StopAsked() | RetryAsked() | ReplyUnread():
                self._ask(row)
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
            if row.routing is not None:
                self.side = row.routing.side
                self.way = way(self.plan, self.side)
            return
        layer = self.plan.layers[row.layer - 1]
        drafts = tuple(self.drafts[str(key)] for key in layer.drafts())
        self.layers.append(LayerState(layer, drafts, row.at, row.inputs))

    def _ask(self, row: StopAsked | RetryAsked | ReplyUnread) -> None:
        draft = self.drafts[row.key]
        if isinstance(row, ReplyUnread):
            draft.replies.append(row)
            self.replies[row.n] = row
        else:
            _ask(draft, row)

    def _open_call(self, row: CallOpened) -> None:
        self.calls[row.n] = row
        self.last_n = max(self.last_n, row.n)
        self.drafts[row.key].call = row.n
        if row.trim_chars is not None:
            self.layers[-1].trims.append(row.trim_chars)

    def _end_call(self, row: CallEnded) -> None:
        opened = self.calls.pop(row.n)
        self.orphans.discard(row.n)
        so_far = self.settled.get(opened.alias, Use())
        self.settled[opened.alias] = so_far + _used(row)
        draft = self.drafts[row.key]
        draft.call, draft.unwanted = None, False
        draft.last = row.status
        if row.error is not None and row.error.kind == Paused.kind:
            self.held_back += 1
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
                draft.unread, draft.margin = row.unread, row.margin
            case DraftFailed():
                draft.end, draft.cause = "failed", row.cause
            case DraftStopped():
                draft.end = "stopped"
                draft.left_behind = bool(self.layers[-1].closed) or not draft.stopping
            case _:
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
        refines=layer.refines(key),
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
        draft.kept = Kept(
            draft.slot,
            draft.n,
            draft.alias,
            row.text,
            row.reasoning,
            draft.unread,
            draft.cause,
            draft.margin,
        )
    draft.slot = draft.planned
    if row.alias is not None:
        draft.slot = chosen(draft.planned, row.alias)
    draft.wanted, draft.end, draft.cause = True, None, ""
    draft.turn, draft.asked, draft.not_before = 0, 0, 0
    draft.alias, draft.text, draft.reasoning, draft.unread = "", "", "", ""
    draft.margin = None
    draft.faults.clear()
    draft.replies.clear()


def _used(row: CallEnded) -> Use:
    usage = row.usage
    tokens = 0 if usage is None else usage.tokens_in + usage.tokens_out
    return Use(row.cost_nanos or 0, tokens)


def _write(draft: DraftState, row: DraftDone) -> None:
    if draft.kept is not None and draft.kept.n == row.n:
        draft.slot = draft.kept.slot
    draft.kept = None
    draft.end, draft.n, draft.alias = "done", row.n, row.alias
    draft.text, draft.reasoning = row.text, row.reasoning
    draft.unread, draft.cause, draft.margin = row.unread, row.cause, row.margin


def _count_failure(draft: DraftState, row: CallEnded, alias: str) -> None:
    """A lost call is no failure, one that taught no try; without `retry_at` the last."""
    if row.lesson is not None:
        draft.taught.add((alias, row.lesson))
    draft.faults += [(alias, row.error)] if row.error else []
    if row.retry_at is None:
        draft.turn, draft.asked, draft.not_before = draft.turn + 1, 0, 0
    else:
        draft.asked += row.lesson is None
        draft.not_before = row.retry_at
