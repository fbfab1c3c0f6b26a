"""What a layer waits for, reads and does when something fails, before it is over."""

from __future__ import annotations

from dataclasses import dataclass

from playground.engine.plan import Layer
from playground.live.chains import ChainView
from playground.live.judgements import without_judges
from playground.live.seats import DraftView
from playground.web.formats import counted


@dataclass(slots=True)
class Prospects:
    """A layer of the plan and its drafts, as they stand."""

    plan: Layer
    drafts: list[DraftView]
    is_passed_by: bool = False

    @property
    def index(self) -> int:
        """Its number, from 1."""
        return self.plan.index

    @property
    def is_vote(self) -> bool:
        """True when it writes nothing and elects one of the drafts before it."""
        return self.plan.election is not None

    @property
    def is_route(self) -> bool:
        """True when it chooses the branch that the run takes."""
        return self.plan.route is not None

    @property
    def opens_branch(self) -> bool:
        """True for the first layer of a branch."""
        return self.plan.side is not None and self.plan.path.endswith("[0]")

    @property
    def is_joint(self) -> bool:
        """True for the layer that goes on with what the branch of a route left."""
        return self.plan.path == "layers[1]" and self.index > 2

    @property
    def judges(self) -> bool:
        """True when its drafts are replies of judges that stand on cards of their own."""
        return self.plan.judges and not self.is_rank

    @property
    def is_rank(self) -> bool:
        """True when judges put the drafts before it in order."""
        return self.plan.contest is not None

    @property
    def chain(self) -> ChainView | None:
        """How its samples are refined, where they are."""
        is_chain = self.plan.window is not None
        return ChainView(self.plan, self.drafts) if is_chain else None

    @property
    def drafts_in(self) -> int:
        """How many of its drafts are written."""
        return sum(draft.status == "done" for draft in self.drafts)

    @property
    def opens_when(self) -> str:
        """What the layer after this one waits for."""
        return f"Starts when {self._these} in."

    @property
    def so_far(self) -> str:
        """How many of them are there."""
        if self.drafts_in == 0 or len(self.drafts) == 1 or self.is_rank:
            return ""
        return "One is." if self.drafts_in == 1 else f"{self.drafts_in} are."

    @property
    def starts_when(self) -> str:
        """What it waits for itself, before it has begun."""
        if self.is_passed_by:
            return "The run's route took the other branch."
        if self.index == 1:
            return "Starts as soon as a worker takes the run."
        if self.opens_branch:
            return f"Starts when the route has chosen {self.plan.side}."
        if self.is_joint:
            return "Starts when the branch that is taken is done."
        return f"Starts when layer {self.index - 1} is done."

    @property
    def will_read(self) -> str:
        """What is laid before its slots, or counted."""
        if self.is_vote:
            return "the drafts that are in, without a call"
        if self.is_rank:
            return "the prompt and the drafts that are in, names hidden"
        if self.judges:
            return "the prompt and the drafts that are in"
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
        if self.is_route:
            return "the route's choice is"
        if self.is_vote:
            return f"the votes of layer {self.index} are"
        if self.chain:
            return self.chain.is_in
        if self.is_rank:
            return f"the judgements of layer {self.index} are"
        if self.judges:
            noun = "replies" if total > 1 else "reply"
            verb = "are" if total > 1 else "is"
            return f"the judges' {noun} of layer {self.index} {verb}"
        if self.plan.quorum and self.plan.quorum < total:
            return f"{self.plan.quorum} of {total} drafts of layer {self.index} are"
        if total == 1:
            return f"the draft of layer {self.index} is"
        return f"the {counted(total, 'draft')} of layer {self.index} are"

    @property
    def late(self) -> str:
        """What happens to drafts that are slow; empty when all are waited for."""
        if not self.plan.quorum or self.plan.quorum >= len(self.plan.samples()):
            return ""
        grace = self.plan.grace_s
        return f"gets {grace:g} s more, then is left out" if grace else "is left out"

    @property
    def on_failure(self) -> str:
        """What the recipe does when a slot of it fails after its retries."""
        if self.is_vote:
            return self._without_votes
        if self.is_rank:
            return self._without_judgements
        if self.judges:
            return without_judges(self.plan)
        slot = self.drafts[0].slot
        first = f"{', then '.join(slot.fallback)} is asked. " if slot.fallback else ""
        if self.plan.on_fail == "abort":
            return (
                f"{first}If that fails too, the run ends." if first else "The run ends."
            )
        stands = "the best so far" if self.chain else "the first draft it was given"
        last = f"{stands} is the answer, and the page says so"
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
    def _without_judgements(self) -> str:
        if self.plan.quorum or self.plan.on_fail == "abort":
            return "Without enough judgements the run ends."
        return (
            "Without a judgement the drafts go on as they came, and the page says so."
        )
