"""A run's view as the feed moves it on: what each entry changes in it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from playground.engine.ceilings import answering, max_tokens
from playground.engine.lessons import Lesson
from playground.engine.plan import AnswerOverrides, Card, Plan
from playground.engine.routes import Side
from playground.engine.usage import Usage
from playground.engine.ways import before, ways
from playground.live.calls import CallView
from playground.live.chips import Shown
from playground.live.faults import fault_of
from playground.live.seats import DraftView
from playground.live.sections import LayerView
from playground.live.totals import Totals
from playground.live.usual import NOT_KNOWN, Usual
from playground.runs.feed import Entry, position
from playground.runs.models import Run

OPEN = ("queued", "running")


@dataclass(slots=True, kw_only=True)
class Followed(Totals):
    """What is known of a run, up to the entry `last` of its feed."""

    run: Run
    plan: Plan
    layers: list[LayerView]
    last: str
    status: str
    degraded: bool = False
    reason: str = ""
    message: str = ""
    answer_key: str = ""
    ended_ms: int | None = None
    cards: Mapping[str, Card] = field(default_factory=dict)
    overrides: AnswerOverrides | None = None
    usual: Usual = NOT_KNOWN
    clock: float = 0.0

    @property
    def is_open(self) -> bool:
        """True until the run has ended."""
        return self.status in OPEN

    @property
    def current(self) -> LayerView | None:
        """The newest layer that has begun."""
        begun = [layer for layer in self.layers if layer.opened_ms is not None]
        return begun[-1] if begun else None

    def apply(self, entry: Entry) -> None:
        """Take in one entry of the feed; one that is not newer changes nothing."""
        if position(entry.id) <= position(self.last):
            return
        self.last = entry.id
        if self.is_open:
            self._set_clock(entry.body.get("t", 0))
        self._take_in(entry.kind, entry.body)

    def _take_in(self, kind: str, body: dict[str, Any]) -> None:
        match kind:
            case "run":
                self._reopen(body)
            case "layer":
                self.layers[body["layer"] - 1].apply(body)
                self.take_way()
                self.fold()
            case "draft":
                self._apply_draft(self.drafts[body["key"]], body)
            case "delta":
                self._write(body)
            case "note":
                self._note(body)
            case "end":
                self._end(body)

    def _set_clock(self, t: int) -> None:
        """Never let our clock fall behind what the feed has told."""
        began = time.monotonic() - t / 1000
        self.clock = min(self.clock, began) if self.clock else began

    def _reopen(self, body: dict[str, Any]) -> None:
        self.status = "running"
        for n in body.get("lost", ()):
            if n in self.calls:
                self.calls[n].status, self.calls[n].ended_ms = "lost", body["t"]
                self.drafts[self.calls[n].key].status = "waiting"

    def _apply_draft(self, draft: DraftView, body: dict[str, Any]) -> None:
        draft.status = body["status"]
        draft.model = body.get("model") or draft.model
        if body["status"] == "writing":
            self._open_call(draft, body)
        else:
            draft.cause = body.get("cause") or ""
            draft.margin = body.get("margin")
            self._close_call(body)
            if "text" in body:  # a retry in vain: what was there stands again
                draft.begin(body["n"])
                draft.write(body["n"], 0, body["text"])

    def _open_call(self, draft: DraftView, body: dict[str, Any]) -> None:
        n = body["n"]
        draft.begin(n)
        draft.references = self.laid(body.get("references", ()))
        draft.seed = body.get("seed")
        draft.pace = self.usual.pace(draft.key, draft.model)
        call = CallView(n, draft.key, draft.model, body.get("opened_ms", body["t"]))
        call.max_tokens = self.cap_of(draft, draft.model)
        call.lessons = tuple(Lesson(*each) for each in body.get("lessons", ()))
        self.calls[n] = call
        draft.calls.append(call)

    def _close_call(self, body: dict[str, Any]) -> None:
        call = self.calls.get(body.get("n") or 0)
        if call is None or "call" not in body:
            return
        call.status = body["call"]
        call.ended_ms = body.get("ended_ms", body["t"])
        if body.get("first_token_ms") is not None:
            call.first_ms = call.opened_ms + body["first_token_ms"]
        if body.get("usage"):
            call.usage = Usage.from_json(body["usage"])
        call.cost_nanos = body.get("cost_nanos")
        call.retry_at = body.get("retry_at")
        call.finish_reason = body.get("finish_reason") or ""
        call.fault = fault_of(body.get("error"))
        call.least_in = body.get("least_in")

    def _write(self, body: dict[str, Any]) -> None:
        for key, n, offset, text in body["x"]:
            self.drafts[key].write(n, offset, text)
            call = self.calls.get(n)
            if call is not None and call.first_ms is None:
                call.first_ms = body["t"]

    def _note(self, body: dict[str, Any]) -> None:
        call = self.calls.get(body["n"])
        if "waits" not in body:
            self.drafts[body["key"]].thought = body.get("reasoning", 0)
        elif call is not None:
            call.waits = body["waits"] or ""

    def _end(self, body: dict[str, Any]) -> None:
        self.status = body["status"]
        self.reason = body.get("reason") or ""
        self.degraded = bool(body.get("degraded"))
        self.message = body.get("message") or ""
        self.answer_key = body.get("answer") or ""
        self.ended_ms = body["t"]

    @property
    def side(self) -> Side | None:
        """The branch that the route chose; None before that, or where there is no route."""
        routing = self.layers[0].routing
        return routing.side if routing else None

    @property
    def way(self) -> list[LayerView]:
        """The layers that the run goes through, as far as that is known: else all."""
        return [layer for layer in self.layers if not layer.is_passed_by]

    def take_way(self) -> None:
        """Pass the other branch by, once the route has chosen."""
        for layer in self.layers if self.side else ():
            layer.is_passed_by = layer.plan.side not in (None, self.side)

    def before(self, layer: LayerView) -> list[LayerView]:
        """The layers that stand just before: behind a route's branches there are two."""
        found = {
            before(way, layer.plan)[-1].index
            for way in ways(self.plan)
            if layer.plan in way.layers and layer.plan is not way.layers[0]
        }
        return [self.layers[index - 1] for index in sorted(found)]

    def fold(self) -> None:
        """Fold what was read: layers behind the newest, and all once the run is done."""
        newest = self.current.index if self.current else 0
        for layer in self.layers:
            begun = layer.opened_ms is not None
            layer.is_folded = begun and (self.status == "done" or layer.index < newest)

    def cap_of(self, draft: DraftView, alias: str) -> int:
        """The most tokens that a call of this draft to that model may write."""
        is_answering = draft.layer in {answering(w).index for w in ways(self.plan)}
        asked = self.overrides if is_answering else None
        return max_tokens(draft.slot, self.cards, alias, asked)

    def shown(self, key: str) -> Shown:
        """A chip for the draft with this key."""
        draft = self.drafts[key]
        number = draft.number if draft.many else ""
        return Shown(key, draft.layer, draft.label, draft.hue, number)

    def laid(self, keys: Sequence[str]) -> list[Shown]:
        """Chips of what a draft reads, in the order shown; a repeated one is there once."""
        chips: list[Shown] = []
        for key in keys:
            if chips and chips[-1].key == key:
                chips[-1].times += 1
            else:
                chips.append(self.shown(key))
        return chips
