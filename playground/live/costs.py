"""What a run has cost so far, and what the open calls may yet bill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playground.engine.pricing import Price
from playground.engine.usage import Usage
from playground.live.calls import CallView
from playground.live.figures import RunView
from playground.live.seats import DraftView
from playground.live.sums import CallSum, judged_with, sum_of
from playground.web.formats import NONE

# A rough mean over scripts and tokenizers; what it leads to is marked as estimated.
_UNITS_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Flight:
    """An open call: what its prompt costs, and what each unit of text adds."""

    key: str
    prompt_nanos: int
    unit_nanos: int
    units: int

    @property
    def nanos(self) -> int:
        """What it has come to so far, estimated."""
        return self.prompt_nanos + self.unit_nanos * self.units

    def __str__(self) -> str:
        """For the page, which goes on counting."""
        return f"{self.key} {self.prompt_nanos} {self.unit_nanos}"


@dataclass(frozen=True, slots=True)
class Costs:
    """The parts of the meter, in nano-dollars."""

    settled: int
    ended: int
    flights: tuple[Flight, ...]
    open_calls: int
    ceiling: int | None

    @property
    def flight(self) -> int:
        """What the open calls have come to, estimated."""
        return sum(each.nanos for each in self.flights)

    @property
    def counting(self) -> str:
        """The open calls for the page's script."""
        return ";".join(str(each) for each in self.flights)

    @property
    def whole(self) -> int:
        """What the meter's full length stands for."""
        return max(self.ceiling or 0, self.settled + self.flight, 1)

    @property
    def settled_width(self) -> str:
        """As SVG wants it."""
        return f"{100 * self.settled / self.whole:.2f}%"

    @property
    def flight_width(self) -> str:
        """As SVG wants it."""
        return f"{100 * self.flight / self.whole:.2f}%"


@dataclass(frozen=True, slots=True)
class Bill:
    """A row of the table of costs."""

    draft: DraftView
    call: CallView | CallSum
    price_in: str
    price_out: str
    share: str


def bills_of(view: RunView) -> list[Bill]:
    """What each call cost, with the prices of the run's start; in reading order.

    All judgements of one judge are one row.
    """
    return [
        _bill(view, draft, call)
        for draft in view.drafts.values()
        for call in _rows_of(view, draft)
    ]


def _rows_of(view: RunView, draft: DraftView) -> Sequence[CallView | CallSum]:
    if not draft.is_judgement:
        return draft.calls
    judged = judged_with(view, draft)
    whole = sum_of(judged) if draft is judged[0] else None
    return [] if whole is None else [whole]


def _bill(view: RunView, draft: DraftView, call: CallView | CallSum) -> Bill:
    card = view.cards.get(call.alias)
    price = None if card is None else card.price
    share = (call.cost_nanos or 0) / max(view.cost_nanos, 1)
    return Bill(
        draft=draft,
        call=call,
        price_in=NONE if price is None else f"{price.input:.2f}",
        price_out=NONE if price is None else f"{price.output:.2f}",
        share=f"{100 * share:.1f}%",
    )


def costs_of(view: RunView) -> Costs:
    """The meter of a run as it stands."""
    open_calls = [
        (draft, call)
        for draft in view.drafts.values()
        for call in draft.calls[-1:]
        if call.is_sent
    ]
    flights = (_flight(view, draft, call) for draft, call in open_calls)
    return Costs(
        settled=view.cost_nanos,
        ended=sum(not call.is_open for call in view.calls.values()),
        flights=tuple(each for each in flights if each is not None),
        open_calls=len(open_calls),
        ceiling=view.run.ceiling_nanos,
    )


def _flight(view: RunView, draft: DraftView, call: CallView) -> Flight | None:
    card = view.cards.get(call.alias)
    if card is None or card.price is None:
        return None
    read = sum(len(message["content"]) for message in view.run.messages)
    laid = draft.references
    read += sum(view.drafts[each.key].length * each.times for each in laid)
    return Flight(
        key=draft.key,
        prompt_nanos=card.price.cost(_usage(read // _UNITS_A_TOKEN, 0)),
        unit_nanos=_unit_nanos(card.price),
        units=draft.length + draft.thought,
    )


def _unit_nanos(price: Price) -> int:
    return price.cost(_usage(0, 1_000)) // (1_000 * _UNITS_A_TOKEN)


def _usage(tokens_in: int, tokens_out: int) -> Usage:
    return Usage(tokens_in=tokens_in, tokens_out=tokens_out, estimated=True)
