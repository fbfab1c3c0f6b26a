"""A layer as the pages show it: what it waits for, how it stands, what it passed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playground.engine.ballots import Ballot
from playground.engine.findings import Analysis
from playground.engine.picks import Selection
from playground.engine.rankings import Ranking
from playground.engine.routes import Routing
from playground.engine.strategies import NO_PRIMARY
from playground.engine.verdicts import Verdict, verdict_from_json
from playground.live.drawing import ROWS, WireEnd, row_heights
from playground.live.forks import LANE_SEAT, RuleRow, Scale, rules_of, scale_of
from playground.live.forks import brief_of as brief_of_route
from playground.live.forks import gist_of as gist_of_route
from playground.live.judgements import (
    Choice,
    Panel,
    choices_of,
    glosses_of,
    panels_of,
    tally_of,
)
from playground.live.judgements import (
    gist_of as gist_of_judges,
)
from playground.live.panels import choice_of
from playground.live.prospects import Prospects
from playground.live.rankings import Board
from playground.live.seats import DraftView
from playground.live.tallies import Stand, brief_of, gist_of, stands_of
from playground.runs.queries import LayerRecord
from playground.web.formats import seconds

_CLOSED = {
    "quorum": "went on when enough drafts were in",
    "timeout": "its time was up",
    "abort": "ended by a draft that failed",
    "cancel": "stopped",
    "deadline": "the run's time was up",
}


@dataclass(slots=True)
class LayerView(Prospects):
    """One layer of a run."""

    opened_ms: int | None = None
    closed_ms: int | None = None
    closed_by: str = ""
    passed_on: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_folded: bool = False
    needs: str = ""
    ballot: Ballot | None = None
    routing: Routing | None = None
    found: Analysis | Selection | None = None
    inputs: tuple[str, ...] = ()
    ranking: Ranking | None = None
    all_drafts: Mapping[str, DraftView] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Its name with its number, once."""
        number = f"Layer {self.index}"
        return number if self.plan.name == number else f"{number}, {self.plan.name}"

    @property
    def cards(self) -> list[DraftView]:
        """The drafts that have a card: all but an answer that has none beside it.

        Judgements of a rank have a table instead.
        """
        if self.is_rank:
            return []
        return [each for each in self.drafts if self.is_panel or not each.is_answer]

    @property
    def is_panel(self) -> bool:
        """True when it aggregates several times, and one of the drafts goes on."""
        return self.plan.kind == "aggregate" and len(self.drafts) > 1

    @property
    def panels(self) -> tuple[Panel, ...]:
        """What each judge found; nothing before the layer is over."""
        if not isinstance(self.found, Analysis):
            return ()
        return panels_of(self.found, self.all_drafts)

    @property
    def seated(self) -> list[DraftView]:
        """The drafts that have a seat in the strip; of judgements their judges have."""
        return [] if self.is_rank else self.drafts

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What each moderator kept; nothing before the layer is over."""
        if not isinstance(self.found, Selection):
            return ()
        return choices_of(self.found, self.all_drafts)

    @property
    def kept(self) -> list[DraftView]:
        """The drafts that moderators let go on, the best first."""
        is_chosen = isinstance(self.found, Selection)
        return [self.all_drafts[key] for key in self.passed_on if is_chosen]

    @property
    def ends_run(self) -> bool:
        """True when its moderators found the drafts to agree, and the run ended there."""
        return isinstance(self.found, Selection) and self.found.ends

    @property
    def hands_on(self) -> tuple[str, ...]:
        """The drafts that the next layer gets, or the judges whom it hears.

        Before the layer is over: those that it is to get.
        """
        if self.state == "closed" and self.judges:
            heard = (d for d in self.drafts if d.status == "done" and not d.is_unread)
            return tuple(draft.key for draft in heard)
        if self.state == "closed":
            return self.passed_on
        if self.chain:
            return self.chain.hands_on
        return tuple(draft.key for draft in self.drafts)

    @property
    def is_lane(self) -> bool:
        """True when it stands on a branch."""
        return self.plan.side is not None

    @property
    def board(self) -> Board | None:
        """What a rank layer shows; None for a layer of another kind."""
        contest = self.plan.contest
        if contest is None:
            return None
        ranked = tuple(self.all_drafts[key] for key in self.inputs)
        return Board(
            self.plan, contest, ranked, self.drafts, self.ranking, self.all_drafts
        )

    @property
    def has_section(self) -> bool:
        """True when it has a section of its own below the answer."""
        own = bool(self.cards) or self.is_vote or self.is_route or self.is_rank
        return own and not self.is_passed_by

    @property
    def rules(self) -> tuple[RuleRow, ...]:
        """A route's rules, with the one that decided."""
        return rules_of(self.plan.route, self.routing) if self.plan.route else ()

    @property
    def scale(self) -> Scale | None:
        """A route's score beside its threshold, once there is one."""
        return scale_of(self.plan.route, self.routing) if self.plan.route else None

    @property
    def route_box(self) -> WireEnd:
        """Where the strip's wires leave a route."""
        return WireEnd(row_heights(1)[0], f"route-{self.index}", due=not self.routing)

    @property
    def stands(self) -> tuple[Stand, ...]:
        """What a vote counted, the winner first; nothing before it was held."""
        return stands_of(self.ballot, self.all_drafts) if self.ballot else ()

    @property
    def verdict(self) -> str:
        """What a vote, a route or a rank came to, in a sentence."""
        told = self.ballot or self.routing or self.ranking
        return told.notes[0] if told else ""

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
        height = self.seat_heights(1)[0]
        return WireEnd(height, f"vote-{self.index}", hue, due=won is None)

    @property
    def vote_state(self) -> str:
        """The glyph's name for a vote."""
        if self.elected is not None:
            return "done"
        return "failed" if self.state == "closed" else "waiting"

    @property
    def route_state(self) -> str:
        """The glyph's name for a route."""
        if self.routing is not None:
            return "degraded" if self.routing.is_fallback else "done"
        return "failed" if self.state == "closed" else "waiting"

    @property
    def remarks(self) -> tuple[str, ...]:
        """The notes that are not told on the page already."""
        told = [
            note for each in (self.ballot, self.routing) if each for note in each.notes
        ]
        if self.found is not None and len(self.found.unread) < len(self.drafts):
            told += self.found.notes
        if self.ranking is not None:
            is_cut = len(self.ranking.kept) < len(self.inputs)
            told += self.ranking.notes[: 1 + is_cut]
        untold = (note for note in self.notes if note not in told)
        return tuple(note for note in untold if not note.startswith(NO_PRIMARY))

    @property
    def is_dense(self) -> bool:
        """True when the strip has to do without the names of the models."""
        seats = len(self.plan.slots if self.is_rank else self.drafts)
        return seats > (1 if self.is_lane else ROWS)

    @property
    def state(self) -> str:
        """`waiting`, `open` or `closed`."""
        if self.closed_ms is not None or self.closed_by:
            return "closed"
        return "waiting" if self.opened_ms is None else "open"

    @property
    def tally(self) -> str:
        """`2 of 3`, for the strip."""
        if self.is_passed_by:
            return "not taken"
        if self.is_route:
            return brief_of_route(self.routing) if self.routing else ""
        if self.state == "waiting":
            return self.needs
        if self.is_vote:
            return brief_of(self.ballot) if self.ballot else ""
        if self.chain:
            return self.chain.tally
        if self.judges and self.found is not None:
            return tally_of(self.plan, self.found)
        if self.board is not None:
            return self.board.tally
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
    def choice(self) -> str:
        """Which draft of a panel goes on, and why; nothing of any other layer."""
        return (
            choice_of(self.plan, self.drafts, self.passed_on) if self.is_panel else ""
        )

    @property
    def is_called(self) -> bool:
        """False when all of its drafts came from the run before."""
        return any(draft.calls for draft in self.drafts)

    @property
    def _reads(self) -> str:
        if self.plan.route is not None:
            return gist_of_route(self.plan.route)
        if self.plan.election is not None:
            return gist_of(self.plan.election)
        if self.judges:
            return gist_of_judges(self.plan)
        if self.board is not None:
            return self.board.gist
        return f"{self._sees} {self.chain.gist}" if self.chain else self._sees

    @property
    def _sees(self) -> str:
        if self.plan.sees == "none":
            return "Each slot sees only the prompt."
        names = ", names hidden" if self.plan.pack.anonymise else ""
        order = ", shuffled" if self.plan.pack.order == "shuffle" else ""
        earlier = (
            f"layer {self.index - 1}"
            if self.plan.sees == "previous" or self.index == 2
            else f"layers 1 to {self.index - 1}"
        )
        if self.is_joint:
            earlier = "the branch that was taken"
        return f"Each slot reads the drafts of {earlier}{order}{names}."

    @property
    def heights(self) -> list[int]:
        """Where its seats are in the strip."""
        return self.seat_heights(len(self.plan.slots if self.is_rank else self.drafts))

    def seat_heights(self, seats: int) -> list[int]:
        """Where so many seats would be: on a branch all in one row."""
        return [LANE_SEAT] * seats if self.is_lane else row_heights(seats)

    @property
    def ends(self) -> list[WireEnd]:
        """Where wires to its seats end in the strip: at its drafts, or at its judges."""
        if self.board is not None:
            keys = [f"judge-{self.index}-{slot.label}" for slot in self.plan.slots]
            seated = zip(self.heights, keys, strict=True)
            return [WireEnd(at, key) for at, key in seated]
        drafts = zip(self.heights, self.drafts, strict=True)
        return [WireEnd(at, draft.key) for at, draft in drafts if not draft.refines]

    def fill(self, record: LayerRecord) -> None:
        """Take over what the journal says."""
        self.opened_ms, self.closed_ms = record.opened_ms, record.closed_ms
        self.closed_by = record.closed_by or ""
        self.passed_on, self.notes = record.passed_on, record.notes
        self.ballot, self.routing = record.ballot, record.routing
        self.inputs = record.inputs
        self._find(record.verdict)

    def apply(self, body: dict[str, Any]) -> None:
        """Take over what an entry of the feed says."""
        if body["state"] == "open":
            self.opened_ms, self.inputs = body["t"], tuple(body["inputs"])
            return
        self.closed_ms, self.closed_by = body["t"], body["closed_by"]
        self.passed_on = tuple(body.get("passed_on", ()))
        self.notes = tuple(body.get("notes", ()))
        if body.get("ballot"):
            self.ballot = Ballot.from_json(body["ballot"])
        if body.get("routing"):
            self.routing = Routing.from_json(body["routing"])
        if body.get("verdict"):
            self._find(verdict_from_json(body["verdict"]))

    def _find(self, found: Verdict | None) -> None:
        if isinstance(found, Ranking):
            self.ranking = found
        elif found is not None:
            self.found = found
            for key, gloss in glosses_of(found, self.all_drafts).items():
                self.all_drafts[key].gloss = gloss
