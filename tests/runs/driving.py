"""A run carried by hand: the machine and the store of a worker, without its calls."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from playground.engine.events import CallDone, Event, Resume, Row, Start
from playground.engine.usage import Usage
from playground.runs.execution import lease
from playground.runs.execution.store import SqlStore
from playground.runs.models import Run
from playground.runs.planning import NotingMachine, machine_of


class Driven:
    """One claimed run."""

    def __init__(self, run: Run, *, worker: str = "w1") -> None:
        self.claim = lease.claim(run.pk, worker=worker)
        self.store = SqlStore(self.claim.run, epoch=self.claim.epoch)
        self.machine: NotingMachine = machine_of(
            self.claim.run,
            note_hash=self.store.hashes.__setitem__,
            note_request=self.store.requests.add,
        )
        self.machine.replay(self.store.load())
        first = Start(0) if self.claim.epoch == 1 else Resume(0, 0, 2)
        self.rows = self.give(first)

    def give(self, *events: Event) -> list[Row]:
        """Hand events in, and write what follows."""
        rows: list[Row] = []
        for event in events:
            step = self.machine.handle(event)
            if step.rows:
                self.store.write(step.rows)
            rows += step.rows
        return rows

    def done(self, key: str, text: str) -> list[Row]:
        """Let a draft be written."""
        n = next(n for n, open_ in self.machine.open_calls.items() if open_ == key)
        return self.give(CallDone(n, 10, text, "thought", Usage(10, 0, 5)))

    def kill(self) -> None:
        """Let the worker go away without a word."""
        Run.objects.filter(pk=self.claim.run.pk).update(
            lease_until=timezone.now() - timedelta(seconds=1)
        )


def finished(run: Run) -> Run:
    """The run with two drafts and an answer."""
    driven = Driven(run)
    driven.done("1.A.1", "from A")
    driven.done("1.B.1", "from B")
    driven.done("2.Z.1", "the answer")
    run.refresh_from_db()
    return run
