"""Recipes, cards and a hand on the machine, for the tests of the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar, cast

from playground.engine.branches import NO_BRANCH, Branch
from playground.engine.errors import CallError, ServerFailed
from playground.engine.events import (
    CallDone,
    CallEnded,
    CallFailed,
    CloseCall,
    Event,
    LayerClosed,
    Resume,
    RetryDraft,
    Row,
    RunEnded,
    SendCall,
    Start,
    Step,
    StopDraft,
    Tick,
)
from playground.engine.lessons import Lesson
from playground.engine.machine import Machine
from playground.engine.messages import Message
from playground.engine.plan import AnswerOverrides, Card, Plan, Price, parse
from playground.engine.purse import Pool

Json = dict[str, Any]
R = TypeVar("R")
HARD: Json = {"contains": ["prove"], "score": 5}
PROMPT = (Message("user", "Why is the sky blue?"),)


def recipe(*layers: Json, **more: Any) -> Json:
    return {
        "schema": "moa-recipe/1",
        "slug": "test",
        "name": "Test",
        "layers": list(layers),
        **more,
    }


def slot(model: str = "fast", **more: Any) -> Json:
    return {"model": model, "params": {"max_tokens": 100}, **more}


def draft(*slots: Json, **more: Any) -> Json:
    return {"kind": "draft", "slots": list(slots), **more}


def aggregate(*slots: Json, **more: Any) -> Json:
    return {"kind": "aggregate", "slots": list(slots) or [slot("careful")], **more}


def vote(extract: str = "number", **more: Any) -> Json:
    return {"kind": "vote", "extract": extract, **more}


def route(*rules: Json, **more: Any) -> Json:
    """By rules, unless it has slots: a hard prompt above, any other below."""
    given: Json = {"by": "model", "slots": more.pop("slots", [])}
    if not given["slots"]:
        given = {"by": "rules", "rules": list(rules) or [HARD]}
    return {
        "kind": "route",
        "threshold": 3,
        "above": [draft(slot("fast"), slot("bold")), aggregate()],
        "below": [draft(slot("spare"))],
        **given,
        **more,
    }


def compare(*slots: Json, **more: Any) -> Json:
    return {"kind": "compare", "slots": list(slots) or [slot("careful")], **more}


def select(*slots: Json, keep: int = 2, **more: Any) -> Json:
    seated = list(slots) or [slot("careful")]
    return {"kind": "select", "keep": keep, "slots": seated, **more}


# A judge's reply that says nothing and can be read.
FINDINGS = {
    "consensus": [],
    "contradictions": [],
    "partial_coverage": [],
    "unique_insights": [],
    "blind_spots": [],
}


def rank(*slots: Json, **more: Any) -> Json:
    judges = list(slots) or [slot("spare")]
    return {"kind": "rank", "slots": judges, **more}


def cards(*, usd: str | None = "1") -> dict[str, Card]:
    price = None if usd is None else Price(Decimal(usd), Decimal(usd))
    return {
        alias: Card(alias, "stub", f"m-{alias}", 32768, 1000, price)
        for alias in ("fast", "careful", "bold", "spare")
    }


@dataclass
class Hand:
    """Feeds a machine and keeps what it said."""

    machine: Machine
    rows: list[Row] = field(default_factory=list)
    sent: dict[int, SendCall] = field(default_factory=dict)
    closed: list[int] = field(default_factory=list)
    at: int = 0

    def give(self, event: Event) -> Step:
        step = self.machine.handle(event)
        self.at = max(self.at, event.at)
        self.rows += step.rows
        for command in step.commands:
            if isinstance(command, CloseCall):
                self.closed.append(command.n)
            else:
                self.sent[command.n] = command
        return step

    def start(self) -> Step:
        return self.give(Start(0))

    def done(
        self, key: str, text: str = "text", *, at: int | None = None, **more: Any
    ) -> Step:
        return self.give(CallDone(self.n(key), self._at(at), text, **more))

    def fail(
        self,
        key: str,
        error: CallError | None = None,
        *,
        at: int | None = None,
        **more: Any,
    ) -> Step:
        error = error or ServerFailed("busy", status=503)
        return self.give(CallFailed(self.n(key), self._at(at), error, **more))

    def exhaust(self, key: str, error: CallError | None = None) -> None:
        """Fail a draft's calls until it is not called again."""
        while key in self.machine.open_calls.values():
            self.fail(key, error)
            retry_at = self.row(CallEnded, key=key).retry_at
            if retry_at is not None:
                self.tick(retry_at)

    def stop(self, key: str) -> Step:
        return self.give(StopDraft(key, self.at))

    def retry(self, key: str, alias: str | None = None) -> Step:
        return self.give(RetryDraft(key, alias, self.at))

    def tick(self, at: int) -> Step:
        return self.give(Tick(at))

    def n(self, key: str) -> int:
        return next(n for n, open_ in self.machine.open_calls.items() if open_ == key)

    def row(self, kind: type[R], **wanted: object) -> R:
        """The last row of a kind whose fields are these."""
        found = [row for row in self.rows if _is(row, kind, wanted)]
        return cast("R", found[-1])

    def closed_layer(self, layer: int) -> LayerClosed:
        return self.row(LayerClosed, layer=layer)

    def ended(self) -> RunEnded:
        return self.row(RunEnded)

    def calls_of(self, key: str) -> list[str]:
        return [call.alias for call in self.sent.values() if call.key == key]

    def cost(self) -> int:
        return sum(r.cost_nanos or 0 for r in self.rows if isinstance(r, CallEnded))

    def _at(self, at: int | None) -> int:
        return self.at if at is None else at


def hand(
    document: Json | Plan,
    *,
    rows: list[Row] | None = None,
    known: Mapping[str, Card] | None = None,
    messages: tuple[Message, ...] = PROMPT,
    variables: Mapping[str, object] | None = None,
    seed: int = 7,
    overrides: AnswerOverrides | None = None,
    branch: Branch = NO_BRANCH,
    learned: Mapping[str, Iterable[Lesson]] | None = None,
    pools: Iterable[Pool] = (),
) -> Hand:
    machine = Machine(
        document if isinstance(document, Plan) else parse(document),
        cards=cards() if known is None else known,
        messages=messages,
        variables=variables or {},
        seed=seed,
        overrides=overrides,
        branch=branch,
        learned=lambda alias: (learned or {}).get(alias, ()),
        pools=pools,
    )
    machine.replay(rows or [])
    return Hand(machine)


def resumed(
    document: Json, rows: list[Row], *, at: int, away_ms: int = 0, **more: Any
) -> Hand:
    held = hand(document, rows=rows, **more)
    held.give(Resume(at, away_ms, 2))
    return held


THREE = draft(slot("fast"), slot("careful"), slot("bold"))
SINGLE = recipe(draft(slot()))


def three_two_one(**first: Any) -> Hand:
    held = hand(recipe({**THREE, **first}, draft(slot(), slot("bold")), aggregate()))
    held.start()
    return held


def _is(row: Row, kind: type[Any], wanted: Mapping[str, object]) -> bool:
    return isinstance(row, kind) and all(
        getattr(row, name) == value for name, value in wanted.items()
    )
