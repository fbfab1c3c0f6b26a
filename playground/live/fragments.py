"""The parts of a run's page that an entry of the feed changes, as HTML.

They are the page's own partials with `oob` set, so page and fragments cannot differ.
No I/O after the first build: what is known is a RunView that the entries move on.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from django.template.loader import get_template
from django.utils.html import format_html

from playground.live.costs import bills_of, costs_of
from playground.live.figures import RunView
from playground.live.layouts import Layout
from playground.live.records import run_view
from playground.live.seats import DraftView
from playground.live.sections import LayerView
from playground.live.spared import spared_by
from playground.live.strip import strip_of
from playground.live.timeline import lane_of, scale_of, timeline_of
from playground.live.usual import usual_of
from playground.runs.feed import Entry, position
from playground.runs.models import Run
from playground.runs.snapshots import snapshot
from playground.web.formats import seconds

PAGE = "runs/detail.html"
_FILES = {
    "run-": "_status",
    "run-again": "_again",
    "flow-": "_flow",
    "draft-": "_draft",
    "layer": "_layer",
    "layer-ranking": "_ranking",
    "answer": "_answer",
    "run-cost": "_answer",
    "lane": "_timeline",
    "timeline": "_timeline",
    "costs": "_timeline",
}
# Fragments are for all who watch: what one of them opened, the page itself keeps.
_PLAIN = Layout()


def fragments_for(run: Run) -> RunFragments:
    """The fragments of a run from now on. Reads the database and Redis."""
    return RunFragments(run_view(snapshot(run), usual_of(run)))


class RunFragments:
    """One run's view in one process, and what the page must change as it moves on.

    An entry that the view has behind it is told by the state of now: fragments are
    absolute, and texts carry their length, so nothing is shown twice.
    """

    def __init__(self, view: RunView) -> None:
        self.view = view
        self.broken = False

    def advance(self, entry: Entry) -> str | None:
        """Take in an entry; the HTML that it changes, None when only text grew.

        After a hole in the feed the view is no longer true (`broken`): it then says
        nothing, which makes pages load themselves again.
        """
        if not self._follows(entry):
            self.broken = True
        if self.broken:
            return None
        is_new = position(entry.id) > position(self.view.last)
        self.view.apply(entry)
        if is_text(entry):
            return None
        return "".join(self._parts(entry.kind, entry.body, is_new=is_new))

    def _follows(self, entry: Entry) -> bool:
        epoch, seq = position(entry.id)
        known_epoch, known_seq = position(self.view.last)
        if (epoch, seq) <= (known_epoch, known_seq):
            return True
        if epoch == known_epoch:
            return seq == known_seq + 1
        return seq == 1 and entry.body.get("after") in {None, self.view.last}

    def _parts(self, kind: str, body: dict[str, Any], *, is_new: bool) -> Iterator[str]:
        match kind:
            case "layer":
                yield from self._layer(body)
            case "draft":
                yield from self._draft(self.view.drafts[body["key"]])
            case "note":
                yield from self._waits(self.view.drafts[body["key"]])
            case "run":
                yield from self._run(is_new=is_new)
            case "end":
                yield from self._end()

    def _run(self, *, is_new: bool) -> Iterator[str]:
        yield from self._figures()
        yield from self._answer()
        for layer in self.view.layers:
            yield self._column(layer)
            if is_new:  # else their cards may not be on the page yet
                yield from self._interrupted(layer)

    def _interrupted(self, layer: LayerView) -> Iterator[str]:
        for draft in layer.cards:
            if draft.calls and not draft.is_over:
                yield self._draft_part("draft-head", draft)

    def _layer(self, body: dict[str, Any]) -> Iterator[str]:
        layer = self.view.layers[body["layer"] - 1]
        yield from self._figures()
        if layer.has_section:
            tells_more = layer.is_vote or layer.is_route or layer.is_panel
            whole = body["state"] == "open" or tells_more
            part = "layer" if whole else "layer-head"
            yield self._layer_part(part, layer)
            if layer.chain and not whole:
                yield self._layer_part("layer-chain", layer)
            if layer.judges and not whole:
                yield self._layer_part("layer-found", layer)
            if layer.is_rank and not whole:
                yield self._layer_part("layer-ranking", layer)
        yield from self._columns(layer)
        yield from self._answer()
        if body["state"] == "open":
            yield from self._fold_before(layer)
            yield self._timeline()
        yield _voice(_layer_words(layer))

    def _fold_before(self, layer: LayerView) -> Iterator[str]:
        """What the new layer reads has been read: it makes room."""
        for earlier in self.view.before(layer):
            if earlier.is_folded and earlier.cards:
                yield self._layer_part("layer", earlier)

    def _draft(self, draft: DraftView) -> Iterator[str]:
        layer = self.view.layers[draft.layer - 1]
        yield self._readout()
        yield self._cost()
        # Only what has ended changes the wires that go on from it.
        yield from self._columns(layer) if draft.is_over else (self._column(layer),)
        if len(layer.cards) > 1:
            yield self._layer_part("layer-pips", layer)
        if layer.chain:
            yield self._layer_part("layer-chain", layer)
        yield self._lane(draft)
        if layer.is_rank:
            yield self._layer_part("layer-ranking", layer)
        if draft.is_answer:
            yield self._whole_answer()
            if layer.is_panel:
                yield from self._card(draft)
        else:
            yield from self._card(draft)
            if draft.is_over or layer is self.view.gate:
                yield from self._answer()
        if draft.is_over:
            yield _voice(f"Draft {draft.name}: {draft.word}.")

    def _waits(self, draft: DraftView) -> Iterator[str]:
        """Its call waits for its turn, or waits no more. A text that is there stays."""
        layer = self.view.layers[draft.layer - 1]
        yield self._readout()
        yield self._cost()
        yield self._column(layer)
        if len(layer.cards) > 1:
            yield self._layer_part("layer-pips", layer)
        if draft.is_answer:
            yield self._whole_answer()
        else:
            yield self._draft_part("draft-head", draft)
            yield self._draft_part("draft-body", draft)
            if layer is self.view.gate:
                yield from self._answer()

    def _card(self, draft: DraftView) -> Iterator[str]:
        if draft.is_over or len(draft.calls) == 1:
            yield self._draft_part("draft-card", draft)
            return
        yield self._draft_part("draft-head", draft)
        if draft.status == "writing":
            yield self._draft_part("draft-body", draft)

    def _end(self) -> Iterator[str]:
        yield from self._figures()
        yield self._whole_answer()
        for layer in self.view.layers:
            yield self._column(layer)
            if layer.has_section:
                yield from self._ended_layer(layer)
        yield self._timeline()
        yield _render("costs", view=self.view, bills=bills_of(self.view))
        yield _render("run-foot", view=self.view)
        yield _render("run-again", view=self.view)  # in Stop's place, so nothing moves
        yield _voice(f"{self.view.pill[1]}.")

    def _ended_layer(self, layer: LayerView) -> Iterator[str]:
        """A layer that never began has no cards on the page yet."""
        if layer.opened_ms is None:
            yield self._layer_part("layer", layer)

    def _figures(self) -> Iterator[str]:
        yield _render("run-status", view=self.view)
        yield self._readout()
        yield self._cost()

    def _readout(self) -> str:
        return _render("run-readout", view=self.view)

    def _columns(self, layer: LayerView) -> Iterator[str]:
        """The layer's column, and those whose wires start at it: of a route any may."""
        yield self._column(layer)
        for other in self.view.layers:
            if layer.is_route or layer in self.view.before(other):
                yield self._column(other)

    def _column(self, layer: LayerView) -> str:
        wires = self.view.wires_into(layer.index)
        return _render("flow-column", layer=layer, wires=wires)

    def _answer(self) -> Iterator[str]:
        """The answer's place, while what it waits for is all that stands there."""
        if self.view.is_open and not self.view.planned_answer.calls:
            yield self._whole_answer()

    def _whole_answer(self) -> str:
        return _render("answer", **answer_context(self.view))

    def _timeline(self) -> str:
        return _render("timeline", view=self.view, timeline=timeline_of(self.view))

    def _lane(self, draft: DraftView) -> str:
        lane = lane_of(self.view, draft, scale=scale_of(self.view))
        return _render("lane", view=self.view, lane=lane)

    def _cost(self) -> str:
        return _render("run-cost", view=self.view, costs=costs_of(self.view))

    def _layer_part(self, part: str, layer: LayerView) -> str:
        return _render(part, layer=layer, view=self.view)

    def _draft_part(self, part: str, draft: DraftView) -> str:
        layer = self.view.layers[draft.layer - 1]
        return _render(part, draft=draft, layer=layer, view=self.view)


def is_text(entry: Entry) -> bool:
    """True when it changes no part of the page: text that grew, thoughts that did."""
    return entry.kind == "delta" or (entry.kind == "note" and "waits" not in entry.body)


def answer_context(view: RunView) -> dict[str, Any]:
    """What the partial `answer` needs."""
    causes = [] if view.is_open else list(view.faults())
    spared = spared_by(view)
    return {
        "view": view,
        "draft": view.shown_answer,
        "causes": causes,
        "spared": spared,
    }


def page_context(view: RunView, layout: Layout = _PLAIN) -> dict[str, Any]:
    """What the whole page needs of the view."""
    return {
        **answer_context(view),
        "layout": layout,
        "strip": strip_of(view),
        "costs": costs_of(view),
        "bills": bills_of(view),
        "timeline": timeline_of(view),
    }


@functools.cache
def _partial(name: str) -> Any:
    start = max((each for each in _FILES if name.startswith(each)), key=len)
    return get_template(f"runs/{_FILES[start]}.html#{name}")


def _render(name: str, **context: Any) -> str:
    rendered: str = _partial(name).render({"oob": True, "layout": _PLAIN, **context})
    return rendered


def _voice(words: str) -> str:
    """What the page's one polite status region says."""
    return format_html('<p id="run-voice" hx-swap-oob="innerHTML">{}</p>', words)


def _layer_words(layer: LayerView) -> str:
    if layer.state == "open":
        return f"{layer.title} has begun."
    if layer.is_vote or layer.is_route or layer.ranking:
        return f"{layer.title}: {layer.verdict}."
    took = seconds((layer.closed_ms or 0) - (layer.opened_ms or 0))
    return f"{layer.title}: {layer.drafts_in} drafts in {took}."
