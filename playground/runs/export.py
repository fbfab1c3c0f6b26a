"""A run as data: moa-run/1."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from playground.engine.plan import DraftKey, Plan, parse
from playground.runs.models import Call, Draft, Run
from playground.runs.queries import LayerRecord, Snapshot
from playground.runs.snapshots import snapshot


def run_url(run: Run, base_url: str | None = None) -> str:
    """The run's page, absolute. `base_url` is where the reader came in, if known."""
    base = settings.SITE_URL or base_url or "http://127.0.0.1:8000"
    return f"{base.rstrip('/')}/runs/{run.pk}/"


def export_run(run: Run, *, base_url: str | None = None) -> dict[str, Any]:
    """The run, its layers, drafts and calls in the shape of moa-run/1.

    A call's `first_token_ms` and `ended_ms` count from its own `started_at`. `x_branch`
    says how a run departs from its parent, a draft's `x_given` that it was not written
    here: `reused`, `edited` or `left_out`, its `x_refines` that it is no sample but
    refines some; a vote layer's `x_vote` is its count, a route layer's `x_route` its
    decision, a compare layer's `x_compare` what its judges found, a select
    layer's `x_select` what they kept, a rank layer's `x_rank`
    its ranking with every judgement. A call's `x_not_taken` names what its model does not
    take, and what went in its place, if anything; `x_least_in` is there when its provider
    read far fewer tokens than that.
    """
    shot = snapshot(run)
    run = shot.run
    plan = parse(run.revision.document)
    return {
        "id": str(run.pk),
        "url": run_url(run, base_url),
        "parent": str(run.parent_id) if run.parent_id else None,
        "status": run.status,
        "degraded": run.degraded,
        "reason": run.reason or None,
        "recipe": {
            "team": run.team.slug,
            "slug": run.revision.recipe.slug,
            "revision": run.revision.number,
        },
        "revision": run.revision.document,
        "variables": run.variables,
        "messages": run.messages,
        "answer": answer_of(shot),
        "layers": [_layer(layer) for layer in shot.layers],
        "drafts": [_draft(draft, plan) for draft in shot.drafts],
        "calls": [_call(call) for call in shot.calls],
        "cost_nanos": run.cost_nanos,
        "created_at": _time(run.created_at),
        "started_at": _time(run.started_at),
        "ended_at": _time(run.ended_at),
        "x_branch": run.branch or None,
    }


def answer_of(shot: Snapshot) -> dict[str, str] | None:
    """The draft that is the answer, None while or where there is none."""
    for draft in shot.drafts:
        if draft.key == shot.run.answer_key:
            return {"draft": draft.key, "text": draft.text}
    return None


def _layer(layer: LayerRecord) -> dict[str, Any]:
    told = {
        "index": layer.index,
        "kind": layer.kind,
        "name": layer.name,
        "closed_by": layer.closed_by,
        "passed_on": list(layer.passed_on),
        "notes": list(layer.notes),
    }
    if layer.ballot is not None:
        told["x_vote"] = layer.ballot.to_json()
    if layer.routing is not None:
        told["x_route"] = layer.routing.to_json()
    if layer.verdict is not None:
        told[f"x_{layer.verdict.kind}"] = layer.verdict.to_json()
    return told


def _draft(draft: Draft, plan: Plan) -> dict[str, Any]:
    key = DraftKey(draft.layer, draft.label, draft.sample)
    return {
        "key": draft.key,
        "layer": draft.layer,
        "label": draft.label,
        "sample": draft.sample,
        "model": draft.model,
        "status": draft.status,
        "text": draft.text,
        "reasoning": draft.reasoning,
        "references": draft.references,
        "seed": draft.seed,
        "x_given": draft.given or None,
        "x_refines": plan.layers[draft.layer - 1].refines(key),
    }


def _call(call: Call) -> dict[str, Any]:
    told = {
        "n": call.n,
        "draft": call.draft.key,
        "provider": call.provider,
        "model": call.alias,
        "status": call.status,
        "error": call.error,
        "started_at": _time(call.started_at),
        "first_token_ms": call.first_token_ms,
        "ended_ms": None if call.ended_ms is None else call.ended_ms - call.opened_ms,
        "finish_reason": call.finish_reason or None,
        "usage": _usage(call),
        "cost_nanos": call.cost_nanos,
        "messages_hash": call.messages_hash,
    }
    if call.lessons:
        told["x_not_taken"] = {field: way or None for field, way in call.lessons}
    return told if call.least_in is None else told | {"x_least_in": call.least_in}


def _usage(call: Call) -> dict[str, Any] | None:
    if call.tokens_in is None:
        return None
    return {
        "in": call.tokens_in,
        "cached": call.cached or 0,
        "out": call.tokens_out or 0,
        "reasoning": call.reasoning_tokens or 0,
        "estimated": call.estimated,
    }


def _time(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the millisecond, with Z."""
    if moment is None:
        return None
    return (
        moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
