"""What a call sent, made out again from the journal: nothing that was sent is stored."""

from __future__ import annotations

from dataclasses import dataclass

from playground.engine.events import CallOpened, SendCall
from playground.runs.execution.store import SqlStore
from playground.runs.models import Call, Run
from playground.runs.planning import machine_of, messages_hash


@dataclass(frozen=True, slots=True)
class SentCall:
    """A call as it was ordered; `is_exact` when its hash is the one noted at the time."""

    order: SendCall
    references: tuple[str, ...]
    is_exact: bool


def sent_call(run: Run, call: Call) -> SentCall | None:
    """What this call sent. None when the journal does not know it, or no longer."""
    machine = machine_of(run)
    for row in SqlStore(run, epoch=run.epoch).load():
        machine.replay([row])
        if isinstance(row, CallOpened) and row.n == call.n:
            order = machine.sent(call.n)
            return SentCall(
                order,
                row.references,
                is_exact=messages_hash(order.messages) == call.messages_hash,
            )
    return None
