"""Views of runs for tests, as SQL has them."""

from __future__ import annotations

from playground.live.figures import RunView
from playground.live.records import run_view
from playground.live.usual import NOT_KNOWN, Usual
from playground.runs.models import JournalEntry, Run
from playground.runs.queries import Snapshot, calls_of, drafts_of, layers_of


def view_of(run: Run, usual: Usual = NOT_KNOWN) -> RunView:
    """The view of a run without its feed."""
    run.refresh_from_db()
    shot = Snapshot(run, drafts_of(run), calls_of(run), layers_of(run), "0-0")
    return run_view(shot, usual)


def layer_row(run: Run, number: int, kind: str, at: int) -> None:
    """A journal row: `layer_opened`, or `layer_closed` when all drafts were in."""
    content = {"layer": number, "at": at}
    if kind == "layer_closed":
        content |= {"closed_by": "all", "passed_on": [], "notes": []}
    JournalEntry.objects.create(
        run=run,
        seq=JournalEntry.objects.filter(run=run).count() + 1,
        epoch=1,
        kind=kind,
        content=content,
    )
