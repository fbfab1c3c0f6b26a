"""What the drafts and calls of a run come to: costs, tokens, how many of which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from playground.live.calls import CallView
from playground.live.seats import DraftView


@dataclass(slots=True, kw_only=True)
class Totals:
    """The drafts of a run by key, its calls by number, and their sums."""

    drafts: dict[str, DraftView]
    calls: dict[int, CallView] = field(default_factory=dict)

    @property
    def cost_nanos(self) -> int:
        """What the calls that have ended cost; calls without a price count nothing."""
        return sum(call.cost_nanos or 0 for call in self.calls.values())

    @property
    def has_unpriced(self) -> bool:
        """True when a call ended whose model has no price."""
        return any(
            call.cost_nanos is None and call.status == "done"
            for call in self.calls.values()
        )

    @property
    def is_estimated(self) -> bool:
        """True when a provider did not say what it used."""
        return any(call.usage.estimated for call in self.calls.values() if call.usage)

    @property
    def has_judgements(self) -> bool:
        """True when judges of a rank layer made some of the calls."""
        return any(draft.is_judgement and draft.calls for draft in self.drafts.values())

    @property
    def tokens_in(self) -> int:
        """Tokens read by all calls so far."""
        return sum(call.usage.tokens_in for call in self.calls.values() if call.usage)

    @property
    def tokens_out(self) -> int:
        """Tokens written by all calls so far."""
        return sum(call.usage.tokens_out for call in self.calls.values() if call.usage)

    @property
    def tokens(self) -> int:
        """Tokens read and written by all calls so far."""
        return self.tokens_in + self.tokens_out

    @property
    def progress(self) -> str:
        """The share of drafts that are written, as SVG wants it."""
        return f"{100 * self.drafts_in / self.drafts_due:.1f}%"

    @property
    def progress_now(self) -> str:
        """The share of drafts that are written or being written, as SVG wants it."""
        at_work = sum(draft.status == "writing" for draft in self.drafts.values())
        return f"{100 * (self.drafts_in + at_work) / self.drafts_due:.1f}%"

    @property
    def drafts_due(self) -> int:
        """How many drafts there are to be: those of a branch not taken are not."""
        return sum(draft.is_on_way for draft in self.drafts.values()) or 1

    @property
    def drafts_in(self) -> int:
        """Drafts that are written."""
        return sum(draft.status == "done" for draft in self.drafts.values())

    @property
    def calls_open(self) -> int:
        """Calls that a provider is answering now."""
        return sum(call.is_sent for call in self.calls.values())

    @property
    def broken(self) -> list[DraftView]:
        """The drafts that failed in the layer with which the run ended."""
        failed = [each for each in self.drafts.values() if each.status == "failed"]
        return [each for each in failed if each.layer == failed[-1].layer]

    def faults(self) -> Iterator[tuple[DraftView, CallView]]:
        """Every call that ended badly, with its draft, in order of their numbers."""
        for draft in self.drafts.values():
            for call in draft.faults:
                yield draft, call
