"""Makes out calls: their messages and parameters, whether money allows them, their bill.

What a call is made of follows from the state and its `CallOpened` row alone, so a run
that is taken over sends what it would have sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial

from playground.engine.branches import Branch
from playground.engine.ceilings import (
    Cards,
    answering,
    max_tokens,
    model_of,
    params_for,
    price_of,
)
from playground.engine.chains import laid_before
from playground.engine.chance import chance
from playground.engine.contests import Court
from playground.engine.events import CallDone, CallOpened, DraftFailed, SendCall
from playground.engine.findings import Analysis
from playground.engine.judges import Judged, fault_in, findings_for, names, wording
from playground.engine.judging import AS_LETTER, AS_OBJECT, Names, repair
from playground.engine.lessons import Lesson, in_force
from playground.engine.messages import Message
from playground.engine.precedence import best_first
from playground.engine.prompts import REFINING, Reference, Talk, lay, shown_order
from playground.engine.purse import Pool, Purse, own_pool
from playground.engine.refining import written
from playground.engine.ruling import margin_in
from playground.engine.shapes import AnswerOverrides, Layer, Params, Plan
from playground.engine.state import DraftState, LayerState, RunState
from playground.engine.tokens import (
    bound_of_messages,
    estimate_of_bytes,
    least_of_messages,
)
from playground.engine.usage import Usage

# Below this a trimmed reference says too little to be worth a call.
LEAST_SHOWN_CHARS = 200
# The machine ends a layer itself; a call's own limit stands just behind it.
BEHIND_LAYER_MS = 1000
# Shorter prompts tell nothing: chat templates and rounding weigh as much.
LEAST_TOLD_TOKENS = 400
# How far below the least that is possible a count must be to be a truncation.
SHARE_READ = 0.9
# By alias, what is known of its model from elsewhere.
Learned = Callable[[str], Iterable[Lesson]]


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
        learned: Learned,
        pools: Iterable[Pool] = (),
    ) -> None:
        self._plan = plan
        self._learned = learned
        self._cards = cards
        self._talk = Talk.of(plan, messages, variables)
        self._seed = seed
        self._overrides = overrides
        self._purse = Purse(
            (*own_pool(plan), *pools),
            talk=self._talk,
            cards=cards,
            overrides=overrides,
            branch=branch,
        )
        self.prompt = self._talk.values["prompt"]

    def make_out(
        self, state: RunState, draft: DraftState, alias: str, *, at: int
    ) -> CallOpened | DraftFailed:
        """The draft's next call, or why the run's limits forbid it."""
        most = self._plan.limits.max_calls
        if most is not None and state.made >= most - self._purse.calls_kept(state):
            return DraftFailed(draft.name, _too_many(most, state.made))
        call = self._untrimmed(state, draft, alias, at=at)
        lacks = self._purse.lacks(state, call)
        if not lacks:
            return call
        return self._trimmed(state, call) or DraftFailed(draft.name, lacks)

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
            params=self._params(state, call),
            timeout_s=min(left / 1000, left / 1000 if own is None else own),
            lessons=call.lessons,
            odds=_is_pairwise(layer.layer),
        )

    def has_stand_in(self, draft: DraftState) -> bool:
        """Whether a model of another provider may still be asked for this draft."""
        asked, *later = draft.slot.aliases[draft.turn :]
        cards = self._cards
        own = cards[asked].provider if asked in cards else ""
        return any(cards[each].provider != own for each in later if each in cards)

    def unread(self, state: RunState, call: CallOpened, usage: Usage) -> int | None:
        """How many tokens the prompt has at least, where far fewer were counted.

        A server that cuts prompts to its own window says nothing of it but this.
        """
        if usage.estimated:
            return None
        least = least_of_messages(self._messages(state, call))
        is_cut = least >= LEAST_TOLD_TOKENS and usage.tokens_in < least * SHARE_READ
        return least if is_cut else None

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

    def fault_in(self, state: RunState, draft: DraftState, reply: str) -> str:
        """Why a judge's reply cannot be read; nothing when it can, or is no judge's."""
        layer = state.opened(draft.key.layer)
        if court := self.court(state, layer):
            return court.fault_in(draft, reply)
        if not layer.layer.judges:
            return ""
        named = self._named(state, layer, draft.name)
        return fault_in(layer.layer, draft.name, reply, named)

    def judged(self, state: RunState, layer: LayerState) -> dict[str, Judged]:
        """The replies of a layer's judges that can be read."""
        if not layer.layer.judges or layer.layer.contest is not None:
            return {}
        return {
            key: Judged(state.drafts[key].text, self._named(state, layer, key))
            for key in layer.usable
        }

    def _named(self, state: RunState, layer: LayerState, key: str) -> Names:
        order, _ = self._order_for(state, layer, key)
        references = [self._reference(state, each, None) for each in order]
        return names(references, layer.layer.pack)

    def _order_for(
        self, state: RunState, layer: LayerState, key: str
    ) -> tuple[tuple[str, ...], int | None]:
        """The references as a draft is shown them, and the seed of their shuffle."""
        if court := self.court(state, layer):
            return court.shown(state.drafts[key]), court.seed_of(key)
        inputs = _read_by(layer, key)
        if layer.layer.pack.order == "by_rank" and inputs == layer.inputs:
            return best_first(state, layer), None
        shuffled = layer.layer.pack.order == "shuffle" and inputs
        seed = self._draw(key, "shuffle") if shuffled else None
        return shown_order(inputs, seed=seed), seed

    def court(self, state: RunState, layer: LayerState) -> Court | None:
        """A rank layer as it stands now; None for a layer of another kind."""
        if layer.layer.contest is None:
            return None
        return Court(
            layer,
            authors={key: state.drafts[key].alias for key in layer.inputs},
            best_first=best_first(state, layer),
            identity=partial(model_of, self._cards),
            draw=self._draw,
        )

    def margin_in(
        self, state: RunState, draft: DraftState, event: CallDone
    ) -> float | None:
        """What the odds of a verdict say of two drafts; None where there are none."""
        layer = state.opened(draft.key.layer).layer
        is_told = event.odds and _is_pairwise(layer)
        return margin_in(event.text, event.odds) if is_told else None

    def _untrimmed(
        self, state: RunState, draft: DraftState, alias: str, *, at: int
    ) -> CallOpened:
        references, seed = self._order_for(state, state.layers[-1], draft.name)
        call = CallOpened(
            n=state.last_n + 1,
            key=draft.name,
            alias=alias,
            at=at,
            references=references,
            seed=seed,
            repairs=draft.replies[-1].n if draft.replies else None,
        )
        return self._priced(state, replace(call, lessons=self._lessons(state, call)))

    def _lessons(self, state: RunState, call: CallOpened) -> tuple[Lesson, ...]:
        taught = (each for draft in state.drafts.values() for each in draft.taught)
        own = [lesson for alias, lesson in taught if alias == call.alias]
        known = [*self._learned(call.alias), *own]
        if not known:
            return ()
        sent = asdict(self._params(state, call))
        if _is_pairwise(_places(state, call)[0].layer):
            sent |= dict.fromkeys(("logprobs", "top_logprobs"), True)
        return in_force(known, sent, self._messages(state, call))

    def _params(self, state: RunState, call: CallOpened) -> Params:
        layer, draft = _places(state, call)
        asked, sample = self._asked(state, layer), draft.key.sample
        return params_for(draft.slot, sample, self._cards, call.alias, asked)

    def _trimmed(self, state: RunState, call: CallOpened) -> CallOpened | None:
        """The call with its references cut as little as money asks, if that helps."""
        low = LEAST_SHOWN_CHARS
        lengths = [self._shown_chars(state, key) for key in call.references]
        high = max(lengths, default=0)
        fitting = None
        while low <= high:
            middle = (low + high) // 2
            tried = self._priced(state, replace(call, trim_chars=middle))
            if not self._purse.lacks(state, tried):
                fitting, low = tried, middle + 1
            else:
                high = middle - 1
        return fitting

    def _priced(self, state: RunState, call: CallOpened) -> CallOpened:
        price = price_of(self._cards, call.alias)
        if price is None and not self._purse.counts_tokens:
            return call
        tokens_in = bound_of_messages(self._messages(state, call))
        most = self._max_tokens(state, call)
        return replace(
            call,
            ceiling_nanos=None if price is None else price.ceiling(tokens_in, most),
            ceiling_tokens=tokens_in + most if self._purse.counts_tokens else None,
        )

    def _messages(self, state: RunState, call: CallOpened) -> tuple[Message, ...]:
        layer, draft = _places(state, call)
        references = [
            self._reference(state, key, call.trim_chars) for key in call.references
        ]
        analyses = () if draft.refines else _analyses(state, layer)
        found = findings_for(analyses, references, layer.layer.pack)
        around = wording(layer.layer, references, found)
        messages = lay(
            self._talk,
            draft.slot,
            layer.layer.pack,
            references,
            seed=f"{self._seed}:{call.key}",
            wording=REFINING if draft.refines else around,
        )
        if call.repairs is None:
            return messages
        reply = state.replies[call.repairs]
        form = AS_LETTER if _is_pairwise(layer.layer) else AS_OBJECT
        return repair(messages, reply.text, reply.reason, form)

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
        asked = self._asked(state, state.opened(source.key.layer))
        return given or 4 * max_tokens(
            source.slot, self._cards, source.slot.model, asked
        )

    def _shown_chars(self, state: RunState, key: str) -> int:
        source = state.drafts[key]
        length = len(source.text) + len(source.reasoning)
        return min(length, self._most_chars(state, key))

    def _max_tokens(self, state: RunState, call: CallOpened) -> int:
        layer, draft = _places(state, call)
        return max_tokens(
            draft.slot, self._cards, call.alias, self._asked(state, layer)
        )

    def _asked(self, state: RunState, layer: LayerState) -> AnswerOverrides | None:
        return self._overrides if _is_answering(state, layer) else None

    def _draw(self, *purpose: str) -> int:
        return chance(self._seed, *purpose).getrandbits(32)


def _read_by(layer: LayerState, key: str) -> tuple[str, ...]:
    """What is laid before a draft: what its layer was given, or its part of the chain."""
    draft = next(each for each in layer.drafts if each.name == key)
    if draft.refines:
        return laid_before(layer.layer, draft.key, written(layer))
    return layer.inputs


def _places(state: RunState, call: CallOpened) -> tuple[LayerState, DraftState]:
    draft = state.drafts[call.key]
    return state.opened(draft.key.layer), draft


def _is_answering(state: RunState, layer: LayerState) -> bool:
    return layer.layer.index == answering(state.way).index


def _analyses(state: RunState, layer: LayerState) -> list[Analysis]:
    """What judges found about the drafts that a layer is shown."""
    index = layer.layer.index
    earlier = [each for each in state.layers if each.layer.index < index]
    sources = {"none": [], "previous": earlier[-1:], "all": earlier}[layer.layer.sees]
    closed = (source.closed for source in sources)
    verdicts = (each.verdict for each in closed if each is not None)
    return [each for each in verdicts if isinstance(each, Analysis)]


def _is_pairwise(layer: Layer) -> bool:
    return layer.contest is not None and layer.contest.method == "pairwise"


def _too_many(most: int, made: int) -> str:
    if made >= most:
        return f"limit: all {most} calls of the run are made"
    return f"limit: {made} of {most} calls are made, and the rest is the answer's"
