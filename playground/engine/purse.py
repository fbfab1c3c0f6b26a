"""What a run may use, and whether its next call fits into what is left of that.

The answer's part is never lent: a call before it may use what is left beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from playground.engine.branches import Branch
from playground.engine.ceilings import Cards, answering, to_call
from playground.engine.demand import layer_demand
from playground.engine.events import CallOpened
from playground.engine.pricing import nanos_of
from playground.engine.prompts import Talk
from playground.engine.shapes import AnswerOverrides, Plan
from playground.engine.state import RunState
from playground.engine.uses import Demand, Use
from playground.engine.ways import ways_of

OWN = "under max_cost_usd"
SET_ASIDE = "of what the budgets set aside for the run"


@dataclass(frozen=True, slots=True)
class Pool:
    """What the calls of one model, or all of a run, may use together; None: no limit.

    `name` completes "is left for it …".
    """

    name: str
    alias: str | None = None
    nanos: int | None = None
    tokens: int | None = None

    def to_json(self) -> dict[str, str | int | None]:
        """The pool as plain values; its fields are the keys."""
        return asdict(self)


def own_pool(plan: Plan) -> tuple[Pool, ...]:
    """The limit that the recipe gives itself."""
    limit = plan.limits.max_cost_usd
    return () if limit is None else (Pool(OWN, nanos=nanos_of(limit)),)


class Purse:
    """The pools of one run. What is taken out of them stands in the run's state."""

    def __init__(
        self,
        pools: Iterable[Pool],
        *,
        talk: Talk,
        cards: Cards,
        overrides: AnswerOverrides | None,
        branch: Branch,
    ) -> None:
        self._pools = tuple(pools)
        self._parts = {
            side: layer_demand(
                replace(talk, plan=way), answering(way), cards, overrides, branch
            )
            for side, way in ways_of(talk.plan).items()
        }
        self._calls = {
            side: sum(times for _, times in to_call(answering(way), branch))
            for side, way in ways_of(talk.plan).items()
        }
        self._dearest = Demand()
        for part in self._parts.values():
            self._dearest |= part

    @property
    def counts_tokens(self) -> bool:
        """Whether any pool limits tokens."""
        return any(pool.tokens is not None for pool in self._pools)

    def lacks(self, state: RunState, call: CallOpened) -> str:
        """Why the call does not fit into what is left; nothing when it does."""
        told = (_lacks(pool, self._left(state, pool), call) for pool in self._pools)
        return next(filter(None, told), "")

    def calls_kept(self, state: RunState) -> int:
        """How many calls are the answer's alone, before its layer begins."""
        if self._is_answering(state):
            return 0
        return self._calls.get(state.side, max(self._calls.values()))

    def _left(self, state: RunState, pool: Pool) -> Use:
        taken = state.taken(pool.alias) + self._kept(state).of(pool.alias)
        return Use(
            (pool.nanos or 0) - (taken.nanos or 0), (pool.tokens or 0) - taken.tokens
        )

    def _kept(self, state: RunState) -> Demand:
        """The answer's part: that of the dearer branch until one is taken."""
        if self._is_answering(state):
            return Demand()
        return self._parts.get(state.side, self._dearest)

    @staticmethod
    def _is_answering(state: RunState) -> bool:
        return state.layers[-1].layer.index >= answering(state.way).index


def _lacks(pool: Pool, left: Use, call: CallOpened) -> str:
    if pool.alias not in (None, call.alias):
        return ""
    if pool.nanos is not None:
        if call.ceiling_nanos is None:
            return (
                f"limit: no price is known for {call.alias}, so {_limit_of(pool)} "
                "cannot be kept"
            )
        if call.ceiling_nanos > (left.nanos or 0):
            return (
                f"limit: the call could cost ${call.ceiling_nanos / 1e9:.6f} and "
                f"${max(left.nanos or 0, 0) / 1e9:.6f} is left for it {pool.name}"
            )
    if pool.tokens is not None and (call.ceiling_tokens or 0) > left.tokens:
        return (
            f"limit: the call could take {call.ceiling_tokens:,} tokens and "
            f"{max(left.tokens, 0):,} are left for it {pool.name}"
        )
    return ""


def _limit_of(pool: Pool) -> str:
    return "max_cost_usd" if pool.name == OWN else "the budget"
