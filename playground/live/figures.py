"""A run as its page shows it: built once from a snapshot, then moved on by the feed.

The page view and the fragments share it, so they cannot differ. It does no I/O after
it is built, and applying an entry twice changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playground.engine.ceilings import answering, max_tokens
from playground.engine.plan import AnswerOverrides, Card, Plan
from playground.engine.usage import Usage
from playground.live.calls import CallView
from playground.live.drawing import Wire, WireEnd, row_heights, strip_wires
from playground.live.faults import fault_of
from playground.live.seats import DraftView, Shown
from playground.live.sections import LayerView
from playground.live.tallies import nobody_yet
from playground.live.totals import Totals
from playground.live.usual import NOT_KNOWN, Usual
from playground.live.verdicts import (
    ended_words,
    lesser_of,
    no_votes,
    remedy_of,
    verdict_of,
)
from playground.runs.feed import Entry, position
from playground.runs.models import Run

OPEN = ("queued", "running")


@dataclass(slots=True, kw_only=True)
class RunView(Totals):
    """Everything that the run page says of one run."""

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

    # ── what is where ────────────────────────────────────────────────────

    @property
    def is_open(self) -> bool:
        """True until the run has ended."""
        return self.status in OPEN

    @property
    def answer_layer(self) -> LayerView:
        """The layer that leaves the answer."""
        return self.layers[-1]

    @property
    def planned_answer(self) -> DraftView:
        """The draft that is to be the answer; where a vote says which, nobody's yet."""
        planned = (draft for draft in self.answer_layer.drafts if draft.is_answer)
        return next(planned, None) or nobody_yet(self.answer_layer.index)

    @property
    def answer(self) -> DraftView | None:
        """The draft that is the answer, once the run is done."""
        return self.drafts.get(self.answer_key)

    @property
    def sections(self) -> list[LayerView]:
        """The layers that have a section of their own, newest first."""
        return [layer for layer in reversed(self.layers) if layer.has_section]

    @property
    def current(self) -> LayerView | None:
        """The newest layer that has begun."""
        begun = [layer for layer in self.layers if layer.opened_ms is not None]
        return begun[-1] if begun else None

    @property
    def gate(self) -> LayerView | None:
        """The layer that the answer waits for; None when it waits for none."""
        return self.layers[-2] if len(self.layers) > 1 else None

    @property
    def shown_answer(self) -> DraftView:
        """The draft whose text stands in the answer's place.

        One that has a card of its own is there a second time, under other DOM ids.
        """
        answer = self.answer
        if answer is None or answer.is_answer:
            return answer or self.planned_answer
        return answer.twin

    @property
    def pill(self) -> tuple[str, str]:
        """The glyph and the words of the run's status."""
        if self.status != "running":
            return ended_words(self.status, self.elapsed_ms, degraded=self.degraded)
        current = self.current
        if self.run.cancel_requested_at:
            return "running", "Stopping"
        if current is None:
            return "running", "Running"
        return "running", f"Running, layer {current.index} of {len(self.layers)}"

    @property
    def verdict(self) -> str:
        """Why it ended as it did, in one sentence; empty when all went well."""
        return verdict_of(self.status, self.reason)

    @property
    def remedy(self) -> str:
        """What a person can do about a run that failed."""
        return remedy_of(self.reason)

    @property
    def lesser(self) -> str:
        """What a degraded run lacks, or has in another's place."""
        unheard = [
            layer.index
            for layer in self.layers
            if layer.ballot and layer.ballot.by == "fallback"
        ]
        answer = None if self.answer_layer.is_vote else self.answer
        return " ".join(
            [*map(no_votes, unheard), lesser_of(self.drafts.values(), answer)]
        ).strip()

    def wires_into(self, index: int) -> list[Wire]:
        """The strip's wires from what layer `index` reads to its seats."""
        layer = self.layers[index - 1]
        if index == 1:
            begun = layer.opened_ms is not None
            sources = [WireEnd(row_heights(1)[0], "prompt", due=not begun)]
        elif layer.plan.sees == "none":
            sources = []
        else:
            sources = self._sources(self.layers[index - 2])
        if layer.is_vote:
            return strip_wires(sources, [layer.ballot_box])
        seated = zip(layer.heights, layer.drafts, strict=True)
        return strip_wires(sources, [WireEnd(at, draft.key) for at, draft in seated])

    def _sources(self, layer: LayerView) -> list[WireEnd]:
        if layer.is_vote:
            return [layer.ballot_box]
        seated = zip(layer.heights, layer.drafts, strict=True)
        return [
            WireEnd(height, draft.key, draft.hue, due=draft.status != "done")
            for height, draft in seated
            if layer.state != "closed" or draft.key in layer.passed_on
        ]

    def fold(self) -> None:
        """Fold what was read: layers behind the newest, and all once the run is done."""
        newest = self.current.index if self.current else 0
        for layer in self.layers:
            begun = layer.opened_ms is not None
            layer.is_folded = begun and (self.status == "done" or layer.index < newest)

    def cap_of(self, draft: DraftView, alias: str) -> int:
        """The most tokens that a call of this draft to that model may write."""
        is_answering = draft.layer == answering(self.plan).index
        asked = self.overrides if is_answering else None
        return max_tokens(draft.slot, self.cards, alias, asked)

    @property
    def path(self) -> str:
        """The address of its page; those of its parts begin with it."""
        return f"/runs/{self.run.pk}/"

    @property
    def aliases(self) -> list[str]:
        """The models that the run knows, by alias."""
        return sorted(self.cards)

    @property
    def current_usually(self) -> int | None:
        """How long the layer that is being written usually takes, in ms."""
        return self.usual.layers.get(self.current.index) if self.current else None

    @property
    def phase(self) -> str:
        """Where it stands, for the strip."""
        current = self.current
        if not self.is_open or current is None or len(self.layers) == 1:
            return ""
        return f"Layer {current.index} of {len(self.layers)}"

    @property
    def first_done(self) -> DraftView | None:
        """A draft that can be read while the answer is not there: the newest that is done."""
        done = [draft for draft in self.drafts.values() if draft.status == "done"]
        newest = max((draft.layer for draft in done), default=0)
        return next((draft for draft in done if draft.layer == newest), None)

    @property
    def elapsed_ms(self) -> int:
        """How long it has been running, or ran."""
        if self.ended_ms is not None:
            return self.ended_ms
        return int((time.monotonic() - self.clock) * 1000) if self.clock else 0

    @property
    def tick_from(self) -> int:
        """What the page's clock counts from, in ms since the start."""
        return 0

    @property
    def queued_since(self) -> int:
        """When it was made, in ms since 1970, for the page's clock."""
        return int(self.run.created_at.timestamp() * 1000)

    # ── moving on ────────────────────────────────────────────────────────

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
                self.fold()
            case "draft":
                self._apply_draft(self.drafts[body["key"]], body)
            case "delta":
                self._write(body)
            case "note":
                self.drafts[body["key"]].thought = body.get("reasoning", 0)
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
            self._close_call(body)
            if "text" in body:  # a retry in vain: what was there stands again
                draft.begin(body["n"])
                draft.write(body["n"], 0, body["text"])

    def _open_call(self, draft: DraftView, body: dict[str, Any]) -> None:
        n = body["n"]
        draft.begin(n)
        draft.references = [self.shown(key) for key in body.get("references", ())]
        draft.seed = body.get("seed")
        draft.pace = self.usual.pace(draft.key, draft.model)
        call = CallView(n, draft.key, draft.model, body.get("opened_ms", body["t"]))
        call.max_tokens = self.cap_of(draft, draft.model)
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

    def _write(self, body: dict[str, Any]) -> None:
        for key, n, offset, text in body["x"]:
            self.drafts[key].write(n, offset, text)
            call = self.calls.get(n)
            if call is not None and call.first_ms is None:
                call.first_ms = body["t"]

    def _end(self, body: dict[str, Any]) -> None:
        self.status = body["status"]
        self.reason = body.get("reason") or ""
        self.degraded = bool(body.get("degraded"))
        self.message = body.get("message") or ""
        self.answer_key = body.get("answer") or ""
        self.ended_ms = body["t"]

    def shown(self, key: str) -> Shown:
        """A chip for the draft with this key."""
        draft = self.drafts[key]
        return Shown(key, draft.layer, draft.label, draft.hue)
