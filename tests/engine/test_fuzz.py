"""Recipes of any shape against providers that answer, fail, stall or lie, over real TCP.

Whatever they do, a run ends, pays no more than it may, and its journal says all of it.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.engine import outcomes
from playground.engine.events import (
    CallEnded,
    CallOpened,
    Cancel,
    Event,
    Resume,
    RetryDraft,
    Row,
    SendCall,
    Start,
    StopDraft,
    row_from_json,
)
from playground.engine.machine import Machine
from playground.engine.plan import parse
from playground.engine.pricing import nanos_of
from playground.engine.providers.http import ChatClient
from playground.engine.providers.wire import CallRequest, Endpoint, Timeouts
from playground.engine.runner import drive
from tests.engine.departing import recipes
from tests.engine.house import Json, hand
from tests.stub import Stub
from tests.stub.faults import FAULTS

# Most calls are answered well; the others in every way that the stub knows.
GOOD = ("m-1-20-1", "m-5-5-2", "say 41", "say text 2 it is")
BAD = (*(f"fault-{name}" for name in sorted(FAULTS)), "fault-500", "fault-401")
# So that the suite does not wait: what takes seconds in a recipe takes parts of one here.
QUICKER = {
    ("timeout_s", 3): 0.15,
    ("timeout_s", 300): 0.6,
    ("grace_s", 1): 0.02,
    ("deadline_s", 2): 0.3,
    ("deadline_s", 60): 3,
}


def quicker(content: Any) -> Any:
    """The recipe with its waits cut short."""
    if isinstance(content, list):
        return [quicker(each) for each in content]
    if not isinstance(content, dict):
        return content
    return {
        name: quicker(QUICKER.get((name, value), value))
        if isinstance(value, int)
        else quicker(value)
        for name, value in content.items()
    }


@dataclass
class Site:
    """A worker's loop around one run: clock, store, voice, and the calls."""

    client: ChatClient
    base_url: str
    seed: int
    began: float = 0.0
    rows: list[Row] = field(default_factory=list)
    told: list[Row] = field(default_factory=list)
    inbox: asyncio.Queue[Event] = field(default_factory=asyncio.Queue)

    def now(self) -> int:
        return int((asyncio.get_running_loop().time() - self.began) * 1000)

    async def commit(self, rows: Sequence[Row]) -> None:
        await asyncio.sleep(0)
        self.rows += rows

    def delta(self, key: str, n: int, offset: int, text: str) -> None: ...

    def reasoning(self, key: str, n: int, chars: int) -> None: ...

    def waits(self, key: str, n: int, why: str) -> None: ...

    async def calls(self, call: SendCall) -> AsyncIterator[Any]:
        draw = random.Random(f"{self.seed}:{call.n}")
        params = asdict(call.params)
        request = CallRequest(
            Endpoint("stub", self.base_url, "sk-fuzz", local=True),
            draw.choice(GOOD if draw.random() < 0.7 else BAD),
            call.messages,
            {name: value for name, value in params.items() if value is not None},
            Timeouts(connect=1, first_token=0.3, idle=0.3, total=1),
            call.lessons,
        )
        async with aclosing(self.client.stream(request)) as stream:  # type: ignore[type-var]
            async for part in stream:
                yield part

    async def run(self, machine: Machine, start: Event) -> None:
        self.began = asyncio.get_running_loop().time() - start.at / 1000
        await drive(
            machine,
            start=start,
            store=self,
            voice=_Voice(self),
            calls=self.calls,
            clock=self,
            inbox=self.inbox,
        )


class _Voice:
    def __init__(self, site: Site) -> None:
        self.delta, self.reasoning = site.delta, site.reasoning
        self.waits, self.rows = site.waits, site.told.extend


@dataclass(frozen=True)
class Drawn:
    """One run: its recipe, how providers behave, what people want, where it is cut."""

    document: Json
    seed: int
    wishes: tuple[tuple[str, int, int], ...]
    cut: int


WISHES = st.lists(
    st.tuples(
        st.sampled_from(["stop", "retry", "other", "cancel"]),
        st.integers(0, 60),
        st.integers(0, 200),
    ),
    max_size=3,
).map(tuple)
RUNS = st.builds(
    Drawn, recipes().map(quicker), st.integers(0, 2**20), WISHES, st.integers(0, 1000)
)


async def carry(drawn: Drawn, client: ChatClient, base_url: str) -> None:
    """The run to its end, and once more from where its journal is cut."""
    site = Site(client, base_url, drawn.seed)
    machine = hand(drawn.document).machine
    people = asyncio.create_task(_wish(drawn, site))
    await asyncio.wait_for(site.run(machine, Start(0)), 15)
    people.cancel()
    check(drawn.document, machine, site)
    again = Site(client, base_url, drawn.seed + 1)
    again.rows = [copied(row) for row in site.rows[: drawn.cut % len(site.rows)]]
    taken_over = hand(drawn.document, rows=again.rows).machine
    at = max((getattr(row, "at", 0) for row in again.rows), default=0)
    await asyncio.wait_for(again.run(taken_over, Resume(at, 0, 2)), 15)
    check(drawn.document, taken_over, again)


async def _wish(drawn: Drawn, site: Site) -> None:
    keys = [str(key) for key in parse(drawn.document).drafts()]
    for kind, pick, wait in drawn.wishes:
        await asyncio.sleep(wait / 1000)
        key, at = keys[pick % len(keys)], site.now()
        wishes: dict[str, Event] = {
            "stop": StopDraft(key, at),
            "retry": RetryDraft(key, None, at),
            "other": RetryDraft(key, "careful", at),
            "cancel": Cancel(at),
        }
        site.inbox.put_nowait(wishes[kind])


def check(document: Json, machine: Machine, site: Site) -> None:
    assert machine.ended == site.rows[-1]
    assert machine.open_calls == {}
    assert site.told == site.rows[len(site.rows) - len(site.told) :]
    opened = {row.n: row for row in site.rows if isinstance(row, CallOpened)}
    ended = [row for row in site.rows if isinstance(row, CallEnded)]
    assert sorted(row.n for row in ended) == sorted(opened)
    limit = parse(document).limits.max_cost_usd
    if limit is not None:
        assert most_at_stake(site.rows) <= nanos_of(limit)
    read = [copied(row) for row in site.rows]
    assert read == site.rows
    assert state_of(hand(document, rows=read).machine) == state_of(machine)


def most_at_stake(rows: Sequence[Row]) -> int:
    """The most that was paid and could still come of open calls, at any moment.

    Who says that it wrote more than it was asked for is paid: that is left out.
    """
    paid = most = 0
    at_stake: dict[int, int] = {}
    for row in rows:
        if isinstance(row, CallOpened):
            at_stake[row.n] = row.ceiling_nanos or 0
        elif isinstance(row, CallEnded):
            paid += min(row.cost_nanos or 0, at_stake.pop(row.n))
        most = max(most, paid + sum(at_stake.values()))
    return most


def state_of(machine: Machine) -> dict[str, object]:
    """All that a run's state is made of."""
    return dict(vars(machine._state))


def copied(row: Row) -> Row:
    return row_from_json(row.kind, json.loads(json.dumps(row.to_json())))


@pytest.fixture(scope="module", autouse=True)
def _hasty() -> Any:
    """No half second before a second try."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outcomes, "FIRST_DELAY_S", 0.01)
        patch.setattr(outcomes, "LONGEST_DELAY_S", 0.05)
        yield


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[*HealthCheck],
)
@given(st.lists(RUNS, min_size=1, max_size=12))
def test_every_recipe_ends_whatever_its_providers_do(
    stub_server: Stub, drawn: list[Drawn]
) -> None:
    """Side by side, as a worker carries them: one that stalls holds up none."""

    async def all_of_them() -> None:
        async with ChatClient() as client:
            await asyncio.gather(
                *(carry(each, client, stub_server.base_url) for each in drawn)
            )

    asyncio.run(all_of_them())
