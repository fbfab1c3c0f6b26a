"""Makes out calls: their messages and parameters, whether money allows them, their bill.

What a call is made of follows from the state and its `CallOpened` row alone, so a run
that is taken over sends what it would have sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from playground.engine.branches import Branch
from playground.engine.ceilings import (
    Cards,
    answering,
    layer_ceiling,
    max_tokens,
    params_for,
    price_of,
)
from playground.engine.chance import chance
from playground.engine.events import CallOpened, DraftFailed, SendCall
from playground.engine.messages import Message
from playground.engine.pricing import nanos_of
from playground.engine.prompts import Reference, Talk, lay, shown_order
from playground.engine.shapes import AnswerOverrides, Plan
from playground.engine.state import DraftState, LayerState, RunState
from playground.engine.tokens import bound_of_messages, estimate_of_bytes
from playground.engine.usage import Usage

# Below this a trimmed reference says too little to be worth a call.
LEAST_SHOWN_CHARS = 200
# The machine ends a layer itself; a call's own limit stands just behind it.
BEHIND_LAYER_MS = 1000


class Desk:
    """Makes out the calls of one run."""

    def __init__(
        self,
        plan: Plan,
        *,
        cards: Cards,
        messages: Sequence[Message],
        variables: Mapping[str, object],
        seed: int,
        overrides: AnswerOverrides | None,
        branch: Branch,
    ) -> None:
        self._plan = plan
        self._cards = cards
        self._talk = Talk.of(plan, messages, variables)
        self._seed = seed
        self._overrides = overrides
        limit = plan.limits.max_cost_usd
        self._limit = None if limit is None else nanos_of(limit)
        self._answering = answering(plan)
        last = layer_ceiling(self._talk, self._answering, cards, overrides, branch)
        self._answer_part = last or 0

    def make_out(
        self, state: RunState, draft: DraftState, alias: str, *, at: int
    ) -> CallOpened | DraftFailed:
        """The draft's next call, or why the run's limits forbid it."""
        most = self._plan.limits.max_calls
        if most is not None and state.last_n >= most:
            return DraftFailed(
                draft.name, f"limit: all {most} calls of the run are made"
            )
        call = self._untrimmed(state, draft, alias, at=at)
        if self._limit is None:
            return call
        if call.ceiling_nanos is None:
            return DraftFailed(
                draft.name,
                f"limit: no price is known for {alias}, so max_cost_usd cannot be kept",
            )
        room = self._room(state)
        fitting = (
            call if call.ceiling_nanos <= room else self._trimmed(state, call, room)
        )
        return fitting or DraftFailed(draft.name, _too_dear(call.ceiling_nanos, room))

    def order(self, state: RunState, call: CallOpened) -> SendCall:
        """The command that sends a call."""
        layer, draft = _places(state, call)
        left = layer.due_at + BEHIND_LAYER_MS - state.now
        own = draft.slot.timeout_s
        return SendCall(
            n=call.n,
            key=call.key,
            alias=call.alias,
            messages=self._messages(state, call),
            params=params_for(
                draft.slot,
                draft.key.sample,
                self._cards,
                call.alias,
                self._asked(layer),
            ),
            timeout_s=min(left / 1000, left / 1000 if own is None else own),
        )

    def estimate(
        self, state: RunState, call: CallOpened, received: int | None
    ) -> Usage:
        """The usage of a call that nobody counted, from the bytes that it wrote.

        None: it is not known what it wrote, so it counts as written to its limit.
        """
        most = self._max_tokens(state, call)
        out = most if received is None else min(estimate_of_bytes(received), most)
        tokens_in = bound_of_messages(self._messages(state, call))
        return Usage(tokens_in=tokens_in, tokens_out=out, estimated=True)

    def cost(self, call: CallOpened, usage: Usage | None) -> int | None:
        """Nano-dollars; no usage costs nothing, an unpriced model nobody knows what."""
        price = price_of(self._cards, call.alias)
        if price is None:
            return None
        return 0 if usage is None else price.cost(usage)

    def _untrimmed(
        self, state: RunState, draft: DraftState, alias: str, *, at: int
    ) -> CallOpened:
        layer = state.layers[-1]
        shuffled = layer.layer.pack.order == "shuffle" and layer.inputs
        seed = self._draw(draft.name, "shuffle") if shuffled else None
        call = CallOpened(
            n=state.last_n + 1,
            key=draft.name,
            alias=alias,
            at=at,
            references=shown_order(layer.inputs, seed=seed),
            seed=seed,
        )
        return self._priced(state, call)

    def _trimmed(
        self, state: RunState, call: CallOpened, room: int
    ) -> CallOpened | None:
        """The call with its references cut as little as money asks, if that helps."""
        low = LEAST_SHOWN_CHARS
        lengths = [self._shown_chars(state, key) for key in call.references]
        high = max(lengths, default=0)
        fitting = None
        while low <= high:
            middle = (low + high) // 2
            tried = self._priced(state, replace(call, trim_chars=middle))
            if (tried.ceiling_nanos or 0) <= room:
                fitting, low = tried, middle + 1
            else:
                high = middle - 1
        return fitting

    def _priced(self, state: RunState, call: CallOpened) -> CallOpened:
        price = price_of(self._cards, call.alias)
        if price is None:
            return call
        tokens_in = bound_of_messages(self._messages(state, call))
        ceiling = price.ceiling(tokens_in, self._max_tokens(state, call))
        return replace(call, ceiling_nanos=ceiling)

    def _room(self, state: RunState) -> int:
        """What is left for the next call; the answer's part is never lent."""
        limit = self._limit or 0
        open_nanos = sum(call.ceiling_nanos or 0 for call in state.calls.values())
        is_answering = state.layers[-1].layer.index == self._answering.index
        kept = 0 if is_answering else self._answer_part
        return limit - state.settled_nanos - open_nanos - kept

    def _messages(self, state: RunState, call: CallOpened) -> tuple[Message, ...]:
        layer, draft = _places(state, call)
        references = [
            self._reference(state, key, call.trim_chars) for key in call.references
        ]
        return lay(
            self._talk,
            draft.slot,
            layer.layer.pack,
            references,
            seed=f"{self._seed}:{call.key}",
        )

    def _reference(self, state: RunState, key: str, trim: int | None) -> Reference:
        source = state.drafts[key]
        most = self._most_chars(state, key)
        return Reference(
            key=source.key,
            model=source.alias,
            text=source.text,
            reasoning=source.reasoning,
            max_chars=most if trim is None else min(most, trim),
        )

    def _most_chars(self, state: RunState, key: str) -> int:
        source = state.drafts[key]
        given = state.layers[-1].layer.pack.max_chars
        return given or 4 * max_tokens(source.slot, self._cards, source.slot.model)

    def _shown_chars(self, state: RunState, key: str) -> int:
        source = state.drafts[key]
        length = len(source.text) + len(source.reasoning)
        return min(length, self._most_chars(state, key))

    def _max_tokens(self, state: RunState, call: CallOpened) -> int:
        layer, draft = _places(state, call)
        return max_tokens(draft.slot, self._cards, call.alias, self._asked(layer))

    def _asked(self, layer: LayerState) -> AnswerOverrides | None:
        is_answering = layer.layer.index == self._answering.index
        return self._overrides if is_answering else None

    def _draw(self, *purpose: str) -> int:
        return chance(self._seed, *purpose).getrandbits(32)


def _places(state: RunState, call: CallOpened) -> tuple[LayerState, DraftState]:
    draft = state.drafts[call.key]
    return state.layers[draft.key.layer - 1], draft


def _too_dear(ceiling: int, room: int) -> str:
    return (
        f"limit: the call could cost ${ceiling / 1e9:.6f} and ${max(room, 0) / 1e9:.6f} "
        "is left for it under max_cost_usd"
    )
