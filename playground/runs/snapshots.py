"""A run as it can be shown now: SQL, and the feed for what is still being written."""

from __future__ import annotations

from playground.runs.feed import (
    START,
    Entry,
    first_words,
    read_feed,
    shown_texts,
    waits,
)
from playground.runs.models import Call, Draft, Run
from playground.runs.queries import (
    LayerRecord,
    Snapshot,
    calls_of,
    checkpoints_of,
    drafts_of,
    is_unfinished,
    layers_of,
    margins_of,
)


def snapshot(run: Run) -> Snapshot:
    """Read the feed first and SQL after it, so that SQL is never the older of the two."""
    entries = read_feed(run) if run.is_open else []
    run.refresh_from_db(fields=_MOVING)
    drafts, calls = drafts_of(run), calls_of(run)
    _catch_up(drafts, calls, entries=entries)
    layers = layers_of(run)
    return Snapshot(
        run=run,
        drafts=drafts,
        calls=calls,
        layers=layers,
        last=_last(run, entries),
        thought=_thought(entries),
        waits=waits(entries),
        margins=margins_of(run) if run.is_open and _is_ranking(layers) else {},
    )


def _is_ranking(layers: list[LayerRecord]) -> bool:
    """True while judges compare: what they came to stands with a layer that is over."""
    return any(layer.kind == "rank" and not layer.closed_by for layer in layers)


_MOVING = [
    "status",
    "degraded",
    "reason",
    "message",
    "cost_nanos",
    "answer_key",
    "epoch",
    "cancel_requested_at",
    "feed_last",
    "started_at",
    "ended_at",
]


def _last(run: Run, entries: list[Entry]) -> str:
    if not run.is_open and run.feed_last:
        return run.feed_last
    return entries[-1].id if entries else START


def _catch_up(drafts: list[Draft], calls: list[Call], *, entries: list[Entry]) -> None:
    unfinished = [draft for draft in drafts if is_unfinished(draft)]
    shown = shown_texts(entries, kept=checkpoints_of(unfinished))
    for draft in unfinished:
        if draft.key in shown:
            draft.text_call, draft.text = max(shown[draft.key].items())
    firsts = first_words(entries)
    for call in calls:
        if call.first_token_ms is None:
            call.first_token_ms = firsts.get(call.n)
        text = shown.get(call.draft.key, {}).get(call.n, "")
        if len(text) > len(call.text):
            call.text = text


def _thought(entries: list[Entry]) -> dict[str, int]:
    return {
        entry.body["key"]: entry.body["reasoning"]
        for entry in entries
        if entry.kind == "note" and "reasoning" in entry.body
    }
