"""A run that has ended, told again: as it was before its first word, then each frame.

The frames are those that its pages got while it ran, made anew from the stored feed.
Nothing that came later is in the first view.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace

import orjson

from playground.live.figures import RunView
from playground.live.fragments import RunFragments
from playground.live.records import run_view
from playground.live.usual import usual_of
from playground.runs.feed import START, read_feed
from playground.runs.models import Draft, Run
from playground.runs.queries import LayerRecord, Snapshot, drafts_of, layers_of
from playground.runs.states import RunStatus
from playground.web.refusals import TooLarge

MOST_BYTES = 16 * 2**20


def can_replay(run: Run) -> bool:
    """True for a run that is over and whose feed is kept."""
    if run.is_open:
        return False
    return Run.objects.filter(pk=run.pk, feed_copy__isnull=False).exists()


def first_view(run: Run) -> RunView:
    """The run as its page had it before the first entry of its feed."""
    shot = Snapshot(
        run=_queued(run),
        drafts=[draft if draft.given else _blank(draft) for draft in drafts_of(run)],
        calls=[],
        layers=[_unopened(layer) for layer in layers_of(run)],
        last=START,
    )
    return run_view(shot, usual_of(run))


def replay_of(run: Run) -> bytes:
    """All frames of the run as a JSON array, each with its `t`, in order.

    Empty for a run whose feed was not kept. A feed with a hole ends there: what came
    after it cannot be placed. Raises TooLarge above MOST_BYTES.
    """
    parts: list[bytes] = []
    size = 0
    for frame in _frames(run):
        size += len(frame) + 1
        if size > MOST_BYTES:
            raise TooLarge(
                "This run wrote too much to be replayed in a page.",
                "Its own page has all of it.",
            )
        parts.append(frame)
    return b"[" + b",".join(parts) + b"]"


def _frames(run: Run) -> Iterator[bytes]:
    fragments = RunFragments(first_view(run))
    for entry in read_feed(run):
        html = fragments.advance(entry)
        if fragments.broken:
            return
        body = {"id": entry.id, **entry.body}
        yield orjson.dumps({**body, "html": html} if html else body)


def _queued(run: Run) -> Run:
    """The run before a worker took it; a copy, never saved."""
    early = copy.copy(run)
    early.status, early.degraded = RunStatus.QUEUED, False
    early.reason = early.message = early.answer_key = ""
    early.cost_nanos = 0
    early.started_at = early.ended_at = early.cancel_requested_at = None
    return early


def _blank(draft: Draft) -> Draft:
    """The draft before its first call; the view knows its slot's model."""
    return Draft(key=draft.key)


def _unopened(layer: LayerRecord) -> LayerRecord:
    return replace(
        layer,
        opened_ms=None,
        closed_ms=None,
        closed_by=None,
        passed_on=(),
        notes=(),
        ballot=None,
    )
