"""The page of one run in all its views, and the page of each of its calls."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from cachetools import LRUCache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from playground.accounts.access import viewer_of
from playground.live.chips import Shown
from playground.live.comparing import comparing_of
from playground.live.exchange import attempts_of, params_of, turns_of
from playground.live.figures import RunView
from playground.live.fragments import PAGE, page_context
from playground.live.layouts import Layout, layout_of
from playground.live.lineage import Lineage, alone_of, lineage_of
from playground.live.records import run_view
from playground.live.replay import can_replay, first_view
from playground.live.usual import NOT_KNOWN, usual_of
from playground.live.worth import Sourced, sourced_answer, worth_of
from playground.pages.notices import note_seen
from playground.runs.access import find_run, may_stop
from playground.runs.branching import may_branch
from playground.runs.execution.reconstruction import SentCall, sent_call
from playground.runs.models import Run
from playground.runs.recorded import ORIGIN
from playground.runs.snapshots import snapshot
from playground.web.refusals import NotFound

LONG_PROMPT = 240
_SOURCED: LRUCache[tuple[UUID, str], Sourced] = LRUCache(maxsize=64)


@never_cache
@require_safe
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One run, as far as it has come; its socket goes on from there."""
    viewer = viewer_of(request)
    found = find_run(viewer, run_id)
    note_seen(viewer, found)
    wants_replay = "replay" in request.GET and not found.is_open
    replays = wants_replay and can_replay(found)
    view = first_view(found) if replays else _view_of(found)
    layout = layout_of(view, request.GET)
    lineage = Lineage() if replays else lineage_of(found)
    context = {
        "here": "history",
        "team": found.team,
        "run": found,
        "replays": replays,
        "is_mine": found.user_id == viewer.user.pk and found.origin != ORIGIN,
        "replay_missing": wants_replay and not replays,
        "may_stop": not replays and may_stop(viewer, found),
        "may_branch": not replays and may_branch(viewer, found),
        "lineage": lineage,
        "form_token": uuid4(),
        **_prompt_context(found),
        **page_context(view, layout),
        **_reading_context(view, layout, request, lineage),
    }
    return render(request, PAGE, context)


def _view_of(run: Run) -> RunView:
    """What is usual is only told while one waits."""
    return run_view(snapshot(run), usual_of(run) if run.is_open else NOT_KNOWN)


def _sourced(view: RunView) -> Sourced:
    """The answer's nearest drafts, kept in memory: the texts of what is over stay."""
    if view.is_open:
        return sourced_answer(view)
    key = (view.run.pk, view.answer_key)
    found = _SOURCED.get(key)
    if found is None:
        found = _SOURCED[key] = sourced_answer(view)
    return found


def _prompt_context(run: Run) -> dict[str, Any]:
    return {
        "words": len(run.prompt.split()),
        "long_prompt": len(run.prompt) > LONG_PROMPT or run.prompt.count("\n") > 1,
        "prompt_start": run.prompt[:LONG_PROMPT].partition("\n\n")[0] + " …",
    }


def _reading_context(
    view: RunView, layout: Layout, request: HttpRequest, lineage: Lineage
) -> dict[str, Any]:
    """What helps to read a run that is done; each only in the view that shows it."""
    if layout.name == "compare":
        return {"comparing": comparing_of(view, request.GET)}
    if view.answer is None or layout.is_raw or layout.name == "timeline":
        return {}
    sourced = _sourced(view)
    return {"sourced": sourced, "worth": worth_of(view, sourced, alone_of(lineage))}


@never_cache
@require_safe
def call(request: HttpRequest, run_id: UUID, n: int) -> HttpResponse:
    """One call: the messages exactly as sent, its parameters, and every attempt."""
    found = find_run(viewer_of(request), run_id)
    shot = snapshot(found)
    view = run_view(shot)
    stored = next((each for each in shot.calls if each.n == n), None)
    if stored is None:
        raise NotFound("This run made no such call.", "Choose one in its timeline.")
    draft = view.drafts[stored.draft.key]
    sent = sent_call(found, stored)
    context = {
        "here": "history",
        "team": found.team,
        "view": view,
        "draft": draft,
        "call": view.calls[n],
        "stored": stored,
        "sent": sent,
        "turns": turns_of(sent.order.messages, _read_by(view, sent)) if sent else [],
        "params": params_of(sent.order) if sent else [],
        "attempts": attempts_of(view, draft, shot.calls, n),
    }
    return render(request, "runs/call.html", context)


def _read_by(view: RunView, sent: SentCall) -> list[Shown]:
    return [view.shown(key) for key in sent.references]
