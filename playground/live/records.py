"""A snapshot of a run, read into the view that its page shows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from django.utils import timezone

from playground.engine.lessons import Lesson
from playground.engine.plan import DraftKey, Layer, Plan, parse
from playground.engine.usage import Usage
from playground.engine.ways import ways
from playground.live.calls import CallView
from playground.live.chips import units
from playground.live.drawing import slot_hue
from playground.live.faults import fault_of
from playground.live.figures import RunView
from playground.live.seats import DraftView
from playground.live.sections import LayerView
from playground.live.usual import NOT_KNOWN, Usual
from playground.runs.models import Call, Draft
from playground.runs.planning import cards_of, overrides_from_json
from playground.runs.queries import Snapshot


def run_view(shot: Snapshot, usual: Usual = NOT_KNOWN) -> RunView:
    """The view of a run as a snapshot has it, and what is usual for such runs."""
    run = shot.run
    plan = parse(run.revision.document)
    drafts = {str(key): _seat(layer, key) for layer, key in _keys(plan)}
    for way in ways(plan):
        planned = _answer_key(way)
        if planned is not None:
            drafts[planned].is_answer = True
    view = RunView(
        run=run,
        plan=plan,
        layers=[
            LayerView(
                layer,
                [d for d in drafts.values() if d.layer == layer.index],
                all_drafts=drafts,
            )
            for layer in plan.layers
        ],
        drafts=drafts,
        last=shot.last,
        status=run.status,
        degraded=run.degraded,
        reason=run.reason,
        message=run.message,
        answer_key=run.answer_key,
        cards=cards_of(run),
        overrides=overrides_from_json(run.overrides),
        usual=usual,
    )
    for layer, record in zip(view.layers, shot.layers, strict=True):
        layer.fill(record)
    view.take_way()
    _fill(view, shot)
    _tell_needs(view)
    view.fold()
    return view


def _tell_needs(view: RunView) -> None:
    """What a layer needs before it may begin, where that is not all of the one before."""
    for way in ways(view.plan):
        for before, layer in pairwise(way.layers):
            if before.quorum is not None and layer.sees != "none":
                drafts = len(before.samples())
                view.layers[
                    layer.index - 1
                ].needs = f"needs {before.quorum} of {drafts}"


def _keys(plan: Plan) -> Iterator[tuple[Layer, DraftKey]]:
    for layer in plan.layers:
        for key in layer.drafts():
            yield layer, key


def _answer_key(way: Plan) -> str | None:
    """The draft that is to be the answer; None where a vote is to say so."""
    planned = way.planned_answer()
    return None if planned is None or not way.layers[-1].writes else str(planned)


def _seat(layer: Layer, key: DraftKey) -> DraftView:
    slot = layer.slot(key.label)
    return DraftView(
        key=str(key),
        layer=key.layer,
        label=key.label,
        sample=key.sample,
        slot=slot,
        hue=slot_hue(layer, slot),
        sees=layer.sees,
        refines=layer.refines(key),
        model=slot.model,
        judges=layer.judges,
        is_judgement=layer.contest is not None,
    )


def _fill(view: RunView, shot: Snapshot) -> None:
    for stored in shot.calls:
        call, draft = _call(stored), view.drafts[stored.draft.key]
        call.max_tokens = view.cap_of(draft, call.alias)
        call.waits = shot.waits.get(call.n, "")
        view.calls[call.n] = call
        draft.calls.append(call)
    for stored_draft in shot.drafts:
        _fill_draft(view, stored_draft, shot)
    run = view.run
    if run.started_at and run.ended_at:
        view.ended_ms = _ms(run.ended_at - run.started_at)
    elif run.ended_at:
        view.ended_ms = 0
    elif run.started_at:
        view.clock = time.monotonic() - _ms(timezone.now() - run.started_at) / 1000


def _ms(span: timedelta) -> int:
    return max(0, round(span.total_seconds() * 1000))


def _fill_draft(view: RunView, stored: Draft, shot: Snapshot) -> None:
    draft = view.drafts[stored.key]
    draft.status = stored.status
    draft.model = stored.model or draft.model
    draft.pieces = [stored.text] if stored.text else []
    draft.length = units(stored.text)
    draft.call_n = stored.text_call or (draft.calls[-1].n if draft.calls else 0)
    draft.references = view.laid(stored.references)
    draft.seed = stored.seed
    draft.cause = stored.cause
    draft.reasoning = stored.reasoning
    draft.given = stored.given
    draft.margin = shot.margins.get(stored.key)
    draft.thought = shot.thought.get(stored.key, 0) or len(stored.reasoning)
    draft.pace = view.usual.pace(draft.key, draft.model)
    if draft.calls and draft.status == "writing" and draft.calls[-1].n > draft.call_n:
        draft.begin(draft.calls[-1].n)


def _call(stored: Call) -> CallView:
    usage = None
    if stored.tokens_in is not None:
        usage = Usage(
            stored.tokens_in,
            stored.cached or 0,
            stored.tokens_out or 0,
            stored.reasoning_tokens or 0,
            stored.estimated,
        )
    first = stored.first_token_ms
    return CallView(
        n=stored.n,
        key=stored.draft.key,
        alias=stored.alias,
        opened_ms=stored.opened_ms,
        status=stored.status,
        first_ms=None if first is None else stored.opened_ms + first,
        ended_ms=stored.ended_ms,
        usage=usage,
        cost_nanos=stored.cost_nanos,
        fault=fault_of(stored.error),
        finish_reason=stored.finish_reason,
        lessons=tuple(Lesson(*each) for each in stored.lessons),
        least_in=stored.least_in,
    )
