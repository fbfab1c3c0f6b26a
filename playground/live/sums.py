"""The calls of one judge taken together: of thirty verdicts nobody reads thirty rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playground.engine.usage import Usage
from playground.live.calls import CallView, summed
from playground.live.figures import RunView
from playground.live.seats import DraftView
from playground.web.formats import counted, seconds


@dataclass(frozen=True, slots=True)
class CallSum:
    """Several calls of one slot, in order."""

    calls: tuple[CallView, ...]

    @property
    def alias(self) -> str:
        """The model; of several all of them."""
        return ", ".join(dict.fromkeys(call.alias for call in self.calls))

    @property
    def outcome(self) -> str:
        """How many there are."""
        return counted(len(self.calls), "call")

    @property
    def is_open(self) -> bool:
        """True while one of them is."""
        return any(call.is_open for call in self.calls)

    @property
    def usage(self) -> Usage | None:
        """What they used together; None when none of them is known."""
        known = [call.usage for call in self.calls if call.usage is not None]
        if not known:
            return None
        return Usage(
            sum(each.tokens_in for each in known),
            sum(each.cached for each in known),
            sum(each.tokens_out for each in known),
            sum(each.reasoning for each in known),
            estimated=any(each.estimated for each in known),
        )

    @property
    def tokens_in(self) -> int | None:
        """Tokens read by all of them."""
        return None if self.usage is None else self.usage.tokens_in

    @property
    def tokens_out(self) -> int | None:
        """Tokens written by all of them."""
        return None if self.usage is None else self.usage.tokens_out

    @property
    def cost_nanos(self) -> int | None:
        """What they cost; None when none of them has a price."""
        return summed(self.calls)

    @property
    def spoken(self) -> str:
        """Their time in a sentence, for those who do not see the bars."""
        first = min(call.opened_ms for call in self.calls)
        ends = [call.ended_ms for call in self.calls if call.ended_ms is not None]
        till = f" to {seconds(max(ends))}" if ends and not self.is_open else ""
        return f"{self.outcome.capitalize()}, from {seconds(first)}{till}"


def judged_with(view: RunView, draft: DraftView) -> list[DraftView]:
    """The judgements of the same judge, in order; of any other draft itself alone."""
    if not draft.is_judgement:
        return [draft]
    drafts = view.layers[draft.layer - 1].drafts
    return [each for each in drafts if each.label == draft.label]


def sum_of(drafts: Sequence[DraftView]) -> CallSum | None:
    """Their calls together; None before the first."""
    calls = sorted(
        (call for draft in drafts for call in draft.calls), key=lambda call: call.n
    )
    return CallSum(tuple(calls)) if calls else None
