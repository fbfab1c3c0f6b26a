"""A run as its page shows it: built once from a snapshot, then moved on by the feed.

The page view and the fragments share it, so they cannot differ. It does no I/O after
it is built, and applying an entry twice changes nothing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from playground.live.drawing import Wire, WireEnd, row_heights, strip_wires
from playground.live.following import Followed
from playground.live.forks import seen_from
from playground.live.seats import DraftView
from playground.live.sections import LayerView
from playground.live.tallies import nobody_yet
from playground.live.verdicts import (
    ended_words,
    lesser_of,
    no_score,
    no_votes,
    not_heard,
    not_ranked,
    remedy_of,
    verdict_of,
)


@dataclass(slots=True, kw_only=True)
class RunView(Followed):
    """Everything that the run page says of one run."""

    @property
    def is_undecided(self) -> bool:
        """True while a route has still to say which branch the run takes."""
        return self.layers[0].is_route and self.side is None

    @property
    def answer_layer(self) -> LayerView:
        """The layer that leaves the answer; of either branch while that is not known."""
        return self.way[-1]

    @property
    def planned_answer(self) -> DraftView:
        """The draft that is to be the answer; where a vote says which, nobody's yet."""
        last = self.answer_layer
        planned = (draft for draft in last.drafts if draft.is_answer)
        if self.is_undecided and last.is_lane:
            return nobody_yet(last.index)
        return next(planned, None) or nobody_yet(last.index)

    @property
    def answer(self) -> DraftView | None:
        """The draft that is the answer, once the run is done."""
        return self.drafts.get(self.answer_key)

    @property
    def sections(self) -> list[LayerView]:
        """The layers that have a section of their own, newest first."""
        return [layer for layer in reversed(self.layers) if layer.has_section]

    @property
    def gate(self) -> LayerView | None:
        """The layer that the answer waits for; None when it waits for none."""
        if self.is_undecided:
            return self.layers[0]
        return self.way[-2] if len(self.way) > 1 else None

    @property
    def shown_answer(self) -> DraftView:
        """The draft whose text stands in the answer's place.

        One that has a card of its own is there a second time, under other DOM ids.
        """
        shown = self.answer or self.planned_answer
        cards = self.layers[shown.layer - 1].cards
        return shown.twin if any(card is shown for card in cards) else shown

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
        return "running", f"Running, {self._place_of(current)}"

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
        routing = self.layers[0].routing
        unscored = [no_score(1)] if routing and routing.is_fallback else []
        unread = [
            judges
            for layer in self.layers
            if layer.judges
            and not layer.is_route
            and (judges := [draft for draft in layer.drafts if draft.is_unread])
        ]
        ranks = [not_ranked(each.index, each.ranking) for each in self.layers]
        ends_early = any(layer.ends_run for layer in self.layers)
        planned = self.answer_layer.plan.writes and not ends_early
        answer = self.answer if planned else None
        lacking = lesser_of(self.drafts.values(), answer)
        told = [*unscored, *map(no_votes, unheard), *map(not_heard, unread)]
        told += [*filter(None, ranks), lacking]
        return " ".join(told).strip()

    def wires_into(self, index: int) -> list[Wire]:
        """The strip's wires from what layer `index` reads to its seats."""
        layer = self.layers[index - 1]
        if index == 1:
            begun = layer.opened_ms is not None
            sources = [WireEnd(row_heights(1)[0], "prompt", due=not begun)]
        elif layer.plan.sees == "none" and not layer.opens_branch:
            sources = []
        else:
            sources = [
                end
                for earlier in self.before(layer)
                for end in self._sources(earlier, layer)
            ]
        if layer.is_vote:
            return strip_wires(sources, [layer.ballot_box])
        if layer.is_route:
            return strip_wires(sources, [layer.route_box])
        return strip_wires(sources, layer.ends)

    def _sources(self, layer: LayerView, reader: LayerView) -> list[WireEnd]:
        """What leaves a layer, at the heights of the column that it leads to."""
        ends = self._ends(layer)
        away = layer.is_passed_by or reader.is_passed_by
        return [
            replace(
                end,
                height=seen_from(
                    end.height, source=layer.plan.side, target=reader.plan.side
                ),
                due=end.due or away,
                hue="" if away else end.hue,
            )
            for end in ends
        ]

    def _ends(self, layer: LayerView) -> list[WireEnd]:
        if layer.is_vote:
            return [layer.ballot_box]
        if layer.is_route:
            return [layer.route_box]
        if layer.board is not None:
            seats = zip(layer.ends, layer.board.judges, strict=True)
            due = layer.state != "closed"
            return [replace(end, hue=judge.hue, due=due) for end, judge in seats]
        seated = zip(layer.heights, layer.drafts, strict=True)
        return [
            WireEnd(height, draft.key, draft.hue, due=draft.status != "done")
            for height, draft in seated
            if draft.key in layer.hands_on
        ]

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
        return self._place_of(current).capitalize()

    def _place_of(self, layer: LayerView) -> str:
        """Its number; behind a route nobody counts layers that are passed by."""
        of = "" if self.layers[0].is_route else f" of {len(self.layers)}"
        return f"layer {layer.index}{of}"

    @property
    def first_done(self) -> DraftView | None:
        """A draft that can be read while the answer is not there: the newest that is done."""
        written = (draft for draft in self.drafts.values() if not draft.judges)
        done = [draft for draft in written if draft.status == "done"]
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
