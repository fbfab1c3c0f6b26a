"""A layer as the pages show it: what it waits for, how it stands, what it passed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playground.engine.ballots import Ballot
from playground.engine.plan import Layer
from playground.live.drawing import ROWS, WireEnd, row_heights
from playground.live.seats import DraftView
from playground.live.tallies import Stand, brief_of, gist_of, stands_of
from playground.runs.queries import LayerRecord
from playground.web.formats import counted, seconds

_CLOSED = {
    "quorum": "went on when enough drafts were in",
    "timeout": "its time was up",
    "abort": "ended by a draft that failed",
    "cancel": "stopped",
    "deadline": "the run's time was up",
}


@dataclass(slots=True)
class LayerView:
    """One layer of a run."""

    plan: Layer
    drafts: list[DraftView]
    opened_ms: int | None = None
    closed_ms: int | None = None
    closed_by: str = ""
    passed_on: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_folded: bool = False
    needs: str = ""
    ballot: Ballot | None = None
    all_drafts: Mapping[str, DraftView] = field(default_factory=dict)

    @property
    def index(self) -> int:
        """Its number, from 1."""
        return self.plan.index

    @property
    def title(self) -> str:
        """Its name with its number, once."""
        number = f"Layer {self.index}"
        return number if self.plan.name == number else f"{number}, {self.plan.name}"

    @property
    def cards(self) -> list[DraftView]:
        """The drafts that have a card: all but the one that is to be the answer."""
        return [draft for draft in self.drafts if not draft.is_answer]

    @property
    def is_vote(self) -> bool:
        """True when it writes nothing and elects one of the drafts before it."""
        return self.plan.election is not None

    @property
    def has_section(self) -> bool:
        """True when it has a section of its own below the answer."""
        return bool(self.cards) or self.is_vote

    @property
    def stands(self) -> tuple[Stand, ...]:
        """What a vote counted, the winner first; nothing before it was held."""
        return stands_of(self.ballot, self.all_drafts) if self.ballot else ()

    @property
    def verdict(self) -> str:
        """What a vote came to, in a sentence."""
        return self.ballot.notes[0] if self.ballot else ""

    @property
    def elected(self) -> DraftView | None:
        """The draft that a vote passed on."""
        won = self.ballot.winner if self.ballot else None
        return None if won is None else self.all_drafts[won]

    @property
    def ballot_box(self) -> WireEnd:
        """Where the strip's wires meet in a vote; its winner's hue goes on from there."""
        won = self.elected
        hue = won.hue if won is not None else ""
        return WireEnd(row_heights(1)[0], f"vote-{self.index}", hue, due=won is None)

    @property
    def vote_state(self) -> str:
        """The glyph's name for a vote."""
        if self.elected is not None:
            return "done"
        return "failed" if self.state == "closed" else "waiting"

    @property
    def remarks(self) -> tuple[str, ...]:
        """The notes that are not shown as a table already."""
        told = self.ballot.notes if self.ballot else ()
        return tuple(note for note in self.notes if note not in told)

    @property
    def is_dense(self) -> bool:
        """True when the strip has to do without the names of the models."""
        return len(self.drafts) > ROWS

    @property
    def state(self) -> str:
        """`waiting`, `open` or `closed`."""
        if self.closed_ms is not None or self.closed_by:
            return "closed"
        return "waiting" if self.opened_ms is None else "open"

    @property
    def drafts_in(self) -> int:
        """How many of its drafts are written."""
        return sum(draft.status == "done" for draft in self.drafts)

    @property
    def needed(self) -> int:
        """How many drafts it needs before the next layer may begin."""
        return self.plan.quorum or len(self.drafts)

    @property
    def tally(self) -> str:
        """`2 of 3`, for the strip."""
        if self.state == "waiting":
            return self.needs
        if self.is_vote:
            return brief_of(self.ballot) if self.ballot else ""
        return f"{self.drafts_in} of {len(self.drafts)}"

    @property
    def gist(self) -> str:
        """What it does and how it stands, in a sentence or two."""
        parts = [self._reads]
        if self.state == "closed" and self.opened_ms is not None and self.is_called:
            took = seconds((self.closed_ms or self.opened_ms) - self.opened_ms)
            parts.insert(0, f"{self.tally} in {took}.")
            if self.closed_by in _CLOSED:
                parts.append(f"{_CLOSED[self.closed_by].capitalize()}.")
        return " ".join(parts)

    @property
    def is_called(self) -> bool:
        """False when all of its drafts came from the run before."""
        return any(draft.calls for draft in self.drafts)

    @property
    def _reads(self) -> str:
        if self.plan.election is not None:
            return gist_of(self.plan.election)
        if self.plan.sees == "none" or self.index == 1:
            return "Each slot sees only the prompt."
        names = ", names hidden" if self.plan.pack.anonymise else ""
        order = ", shuffled" if self.plan.pack.order == "shuffle" else ""
        earlier = (
            f"layer {self.index - 1}"
            if self.plan.sees == "previous" or self.index == 2
            else f"layers 1 to {self.index - 1}"
        )
        return f"Each slot reads the drafts of {earlier}{order}{names}."

    @property
    def opens_when(self) -> str:
        """What the layer after this one waits for."""
        return f"Starts when {self._these} in."

    @property
    def so_far(self) -> str:
        """How many of them are there."""
        if self.drafts_in == 0 or len(self.drafts) == 1:
            return ""
        return "One is." if self.drafts_in == 1 else f"{self.drafts_in} are."

    @property
    def starts_when(self) -> str:
        """What it waits for itself, before it has begun."""
        if self.index == 1:
            return "Starts as soon as a worker takes the run."
        return f"Starts when layer {self.index - 1} is done."

    @property
    def will_read(self) -> str:
        """What is laid before its slots, or counted."""
        if self.is_vote:
            return "the drafts that are in, without a call"
        if self.plan.sees == "none":
            return "the prompt alone"
        shuffled = ", in shuffled order" if self.plan.pack.order == "shuffle" else ""
        names = ", names hidden" if self.plan.pack.anonymise else ""
        which = (
            "the drafts that are in"
            if self.plan.sees == "previous"
            else ("the drafts of all layers")
        )
        return f"the prompt and {which}{shuffled}{names}"

    @property
    def _these(self) -> str:
        total = len(self.drafts)
        if self.is_vote:
            return f"the votes of layer {self.index} are"
        if self.plan.quorum and self.plan.quorum < total:
            return f"{self.plan.quorum} of {total} drafts of layer {self.index} are"
        if total == 1:
            return f"the draft of layer {self.index} is"
        return f"the {counted(total, 'draft')} of layer {self.index} are"

    @property
    def late(self) -> str:
        """What happens to drafts that are slow; empty when all are waited for."""
        if not self.plan.quorum or self.plan.quorum >= len(self.drafts):
            return ""
        grace = self.plan.grace_s
        return f"gets {grace:g} s more, then is left out" if grace else "is left out"

    @property
    def on_failure(self) -> str:
        """What the recipe does when a slot of it fails after its retries."""
        if self.is_vote:
            return self._without_votes
        slot = self.drafts[0].slot
        first = f"{', then '.join(slot.fallback)} is asked. " if slot.fallback else ""
        if self.plan.on_fail == "abort":
            return (
                f"{first}If that fails too, the run ends." if first else "The run ends."
            )
        last = "the first draft it was given is the answer, and the page says so"
        return (
            f"{first}If that fails too, {last}." if first else f"{last.capitalize()}."
        )

    @property
    def _without_votes(self) -> str:
        if self.plan.quorum:
            return f"With fewer than {self.plan.quorum} answers found the run ends."
        if self.plan.on_fail == "abort":
            return "Without an answer in any draft the run ends."
        return (
            "Without an answer in any draft the first one stands, and the page says so."
        )

    @property
    def heights(self) -> list[int]:
        """Where its seats are in the strip."""
        return row_heights(len(self.drafts))

    def fill(self, record: LayerRecord) -> None:
        """Take over what the journal says."""
        self.opened_ms, self.closed_ms = record.opened_ms, record.closed_ms
        self.closed_by = record.closed_by or ""
        self.passed_on, self.notes = record.passed_on, record.notes
        self.ballot = record.ballot

    def apply(self, body: dict[str, Any]) -> None:
        """Take over what an entry of the feed says."""
        if body["state"] == "open":
            self.opened_ms = body["t"]
            return
        self.closed_ms, self.closed_by = body["t"], body["closed_by"]
        self.passed_on = tuple(body.get("passed_on", ()))
        self.notes = tuple(body.get("notes", ()))
        if body.get("ballot"):
            self.ballot = Ballot.from_json(body["ballot"])
