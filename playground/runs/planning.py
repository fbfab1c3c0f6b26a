"""A stored run as the engine's machine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson

from playground.engine.branches import NO_BRANCH, Branch, GivenDraft
from playground.engine.events import Event, RetryDraft, SendCall, Step, StopDraft
from playground.engine.lessons import Lesson
from playground.engine.machine import Machine, Pool
from playground.engine.messages import Message
from playground.engine.plan import AnswerOverrides, Card, parse
from playground.runs.models import Draft, Run
from playground.runs.states import Given


class NotingMachine(Machine):
    """The machine, telling what exactly will be sent, and which requests it has heard."""

    note_hash: Callable[[int, str], None] | None = None
    note_request: Callable[[int], None] | None = None

    def handle(self, event: Event) -> Step:
        """As `Machine.handle`; all is noted before the step's rows are committed."""
        step = super().handle(event)
        asked = event.request if isinstance(event, StopDraft | RetryDraft) else None
        if asked is not None and self.note_request is not None:
            self.note_request(asked)
        for command in step.commands:
            if self.note_hash is not None and isinstance(command, SendCall):
                self.note_hash(command.n, messages_hash(command.messages))
        return step


def machine_of(
    run: Run,
    *,
    note_hash: Callable[[int, str], None] | None = None,
    note_request: Callable[[int], None] | None = None,
    learned: Callable[[str], Iterable[Lesson]] = lambda _alias: (),
) -> NotingMachine:
    """The machine of a run before its journal is replayed. Reads what it was given.

    `learned`: what is known by now of an alias's model.
    """
    machine = NotingMachine(
        parse(run.revision.document),
        cards=cards_of(run),
        messages=messages_of(run),
        variables=run.variables,
        seed=run.seed,
        overrides=overrides_from_json(run.overrides),
        branch=branch_of(run),
        learned=learned,
        pools=[Pool(**pool) for pool in run.pools],
    )
    machine.note_hash, machine.note_request = note_hash, note_request
    return machine


def branch_of(run: Run) -> Branch:
    """What the run was given by its parent, and who writes in whose place."""
    if not run.branch:
        return NO_BRANCH
    taken_over = Draft.objects.filter(run=run).exclude(given="")
    margins = run.branch.get("margins", {})
    return Branch(
        given={
            draft.key: GivenDraft(
                draft.model, draft.text, draft.reasoning, margins.get(draft.key)
            )
            for draft in taken_over
            if draft.given != Given.LEFT_OUT
        },
        left_out=frozenset(
            draft.key for draft in taken_over if draft.given == Given.LEFT_OUT
        ),
        models=run.branch.get("models", {}),
    )


def cards_of(run: Run) -> dict[str, Card]:
    """The model cards and prices frozen at the run's start."""
    return {alias: Card.from_json(card) for alias, card in run.cards.items()}


def messages_of(run: Run) -> tuple[Message, ...]:
    """The conversation that the run answers."""
    return tuple(Message.from_json(message) for message in run.messages)


def overrides_from_json(stored: dict[str, Any]) -> AnswerOverrides | None:
    """What the caller of /v1 asks of the answering slot, None when nothing."""
    if not stored:
        return None
    if stored.get("stop") is not None:
        stored = {**stored, "stop": tuple(stored["stop"])}
    return AnswerOverrides(**stored)


def messages_hash(messages: Sequence[Message]) -> str:
    """SHA-256 of the messages as JSON, in hex: tells equal prompts from others."""
    plain = [message.to_json() for message in messages]
    return hashlib.sha256(orjson.dumps(plain)).hexdigest()
