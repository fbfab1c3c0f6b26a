"""Ends a run whose machine cannot: no recipe is parsed and no journal replayed.

What would break the next worker as well must not be taken up again and again.
"""

from __future__ import annotations

from collections.abc import Iterable

from playground.engine.errors import Fenced
from playground.engine.events import (
    CallEnded,
    DraftSkipped,
    DraftStopped,
    LayerClosed,
    LayerOpened,
    Row,
    RunEnded,
)
from playground.engine.providers.redaction import storable
from playground.runs.execution.store import (
    LastWords,
    SqlStore,
    cut_off,
    ending_of,
)
from playground.runs.funding import settle
from playground.runs.models import Call, Draft, JournalEntry, Run
from playground.runs.states import CallStatus, DraftStatus


def broken(error: Exception, *, at: int) -> RunEnded:
    """How a run ends that broke inside this program."""
    message = (
        f"The run broke inside this program ({type(error).__name__}), and would break "
        "again: the worker's log says more. What was written is kept."
    )
    return RunEnded(at, "failed", "gave_up", message=message)


def end_plainly(
    run: Run, ended: RunEnded, *, epoch: int, last_words: LastWords = lambda _: None
) -> tuple[Row, ...]:
    """Inside a transaction: end what is open by what SQL has of it. Raises Fenced.

    A call that was open counts with the most that it can cost: nobody can say what it
    used.
    """
    store = SqlStore(run, epoch=epoch)
    store.find_place()
    rows = (*_open_calls(run, at=ended.at), *_left(run, at=ended.at), ended)
    texts = cut_off(rows, last_words)
    store.write(rows, {key: (n, storable(text)) for key, (n, text) in texts.items()})
    return rows


def end_barely(run: Run, ended: RunEnded, *, epoch: int) -> tuple[Row, ...]:
    """The run alone, when even what belongs to it cannot be written. Raises Fenced."""
    ours = Run.objects.filter(pk=run.pk, epoch=epoch, ended_at__isnull=True)
    if not ours.update(**ending_of(ended)):
        raise Fenced
    settle(run.pk, over=True)
    return (ended,)


def _open_calls(run: Run, *, at: int) -> Iterable[Row]:
    calls = Call.objects.filter(
        run=run, status__in=[CallStatus.SENT, CallStatus.STREAMING]
    )
    for call in calls.select_related("draft"):
        yield CallEnded(
            call.n, call.draft.key, "cancelled", at, cost_nanos=call.ceiling_nanos
        )


def _left(run: Run, *, at: int) -> Iterable[Row]:
    layers = JournalEntry.objects.filter(
        run=run, kind__in=[LayerOpened.kind, LayerClosed.kind]
    )
    last = layers.last()
    if last is not None and last.kind == LayerOpened.kind:
        yield LayerClosed(last.content["layer"], at, "cancel")
    for draft in Draft.objects.filter(run=run):
        if draft.status == DraftStatus.WRITING:
            yield DraftStopped(draft.key)
        elif draft.status == DraftStatus.WAITING:
            yield DraftSkipped(draft.key)
