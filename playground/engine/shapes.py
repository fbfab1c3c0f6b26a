"""The values that a plan is made of: layers, slots and what a run freezes with them.

Nothing here checks anything: `plan.parse` is the only maker of plans.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from playground.engine.ballots import Extract, Ties
from playground.engine.picks import Keeping
from playground.engine.pricing import Price
from playground.engine.rankings import Combine, Method
from playground.engine.routes import Route, Side

Kind = Literal["draft", "aggregate", "vote", "route", "compare", "rank", "select"]
# The kinds whose slots write what the layer passes on, and those whose slots judge it.
WRITING: tuple[Kind, ...] = ("draft", "aggregate")
JUDGING: tuple[Kind, ...] = ("compare", "rank", "select")
Sees = Literal["none", "previous", "all"]
OnFail = Literal["drop", "abort"]
DEFAULT_MAX_TOKENS = 2048
DEFAULT_CONTEXT = 8192


@dataclass(frozen=True, slots=True, order=True)
class DraftKey:
    """The name of a draft in its run; its text is `{layer}.{label}.{sample}`."""

    layer: int
    label: str
    sample: int

    def __str__(self) -> str:
        return f"{self.layer}.{self.label}.{self.sample}"


@dataclass(frozen=True, slots=True)
class Params:
    """What a slot asks of its model. None means: not sent."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    reasoning_effort: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pack:
    """How references are laid before a slot. None means: the engine's own."""

    template: str | None = None
    header: str | None = None
    order: Literal["fixed", "shuffle", "by_rank"] = "fixed"
    anonymise: bool = False
    strip_reasoning: bool = True
    max_chars: int | None = None
    placement: Literal["system", "user_tail"] = "user_tail"


@dataclass(frozen=True, slots=True)
class Slot:
    """A seat in a layer: one model, its stand-ins and what it is told."""

    label: str
    model: str
    samples: int = 1
    system_prompt: str | None = None
    prompt: str = "{{prompt}}"
    params: Params = field(default_factory=Params)
    fallback: tuple[str, ...] = ()
    timeout_s: float | None = None
    retries: int = 2

    @property
    def aliases(self) -> tuple[str, ...]:
        """The model, then its fallbacks, in the order in which they are called."""
        return (self.model, *self.fallback)


@dataclass(frozen=True, slots=True)
class Election:
    """How a vote layer elects one draft. `stop_early`: spare calls are not waited for."""

    extract: Extract = "exact"
    pattern: str = ""
    ties: Ties = "first"
    stop_early: bool = False


@dataclass(frozen=True, slots=True)
class Contest:
    """How a rank layer orders drafts. `most` is how many can come to it at most.

    `combine` is for pairwise alone; without `keep` all go on.
    """

    method: Method = "pairwise"
    combine: Combine | None = "max_logits"
    keep: int | None = None
    most: int = 0

    def judgements(self, count: int) -> int:
        """How often a judge is asked about so many drafts, samples apart."""
        if count < 2:
            return 0
        if self.method == "listwise":
            return 1
        if self.method == "score":
            return count
        return 2 * (count - 1) if self.combine == "bubble" else count * (count - 1)

    @property
    def shows(self) -> int | None:
        """How many drafts one judgement is about; None for all."""
        return {"pairwise": 2, "score": 1, "listwise": None}[self.method]

    @property
    def steps(self) -> int:
        """How many times judges wait for each other: a bubble's pairs are in a row."""
        return max(1, self.most - 1) if self.combine == "bubble" else 1


@dataclass(frozen=True, slots=True)
class Layer:
    """An ordered part of a recipe. A vote has no slots, a route one at most.

    `index` counts from 1 in reading order, branches included; `path` is where the layer
    stands in the document, `side` the branch of a route that it belongs to.
    """

    index: int
    kind: Kind
    name: str
    slots: tuple[Slot, ...]
    sees: Sees = "none"
    pack: Pack = field(default_factory=Pack)
    max_parallel: int | None = None
    quorum: int | None = None
    grace_s: float = 0.0
    timeout_s: float = 300.0
    on_fail: OnFail = "drop"
    primary: str = ""
    election: Election | None = None
    keeping: Keeping | None = None
    route: Route | None = None
    side: Side | None = None
    path: str = ""
    window: int | None = None
    contest: Contest | None = None

    @property
    def writes(self) -> bool:
        """True when what its slots write is what it passes on."""
        return self.kind in WRITING

    @property
    def judges(self) -> bool:
        """True when its slots judge: what they write is for the layer to read."""
        by_model = self.route is not None and self.route.by == "model"
        return self.kind in JUDGING or by_model

    def drafts(self) -> tuple[DraftKey, ...]:
        """The keys of all drafts of this layer: by slot its samples, then what refines them."""
        return tuple(
            DraftKey(self.index, slot.label, sample)
            for slot in self.slots
            for sample in range(1, self.times(slot) + 1)
        )

    def times(self, slot: Slot) -> int:
        """How many drafts a slot writes: samples and refinements, or each judgement."""
        if self.contest is None:
            return slot.samples + self.refinements(slot)
        return slot.samples * self.contest.judgements(self.contest.most)

    def refinements(self, slot: Slot) -> int:
        """How many drafts of a slot refine its samples, `window` of them at a time."""
        return 0 if self.window is None else -(-(slot.samples - 1) // self.window)

    def refines(self, key: DraftKey) -> bool:
        """True for a draft that is no sample: it reads some and refines the best so far."""
        return self.window is not None and key.sample > self.slot(key.label).samples

    def samples(self) -> tuple[DraftKey, ...]:
        """The drafts that a quorum counts: what is sampled, not what refines it."""
        return tuple(key for key in self.drafts() if not self.refines(key))

    def step(self, key: DraftKey) -> int:
        """Which of a bubble's comparisons a judgement is part of; elsewhere the first."""
        contest = self.contest
        if contest is None or contest.combine != "bubble":
            return 0
        return (key.sample - 1) % contest.judgements(contest.most) // 2

    def slot(self, label: str) -> Slot:
        """The slot with this label; KeyError when there is none."""
        for slot in self.slots:
            if slot.label == label:
                return slot
        raise KeyError(label)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use. None means: no limit."""

    max_cost_usd: Decimal | None = None
    deadline_s: float | None = None
    max_calls: int | None = None


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that a person gives with the prompt, used as `{{name}}`."""

    name: str
    type: Literal["string", "text", "number", "integer", "boolean"] = "string"
    required: bool = False
    default: str | int | float | bool | None = None
    help: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A recipe that can run: every default resolved, every rule checked."""

    slug: str
    name: str
    description: str
    tags: tuple[str, ...]
    system_prompt: str | None
    variables: tuple[Variable, ...]
    sample_prompts: tuple[str, ...]
    limits: Limits
    layers: tuple[Layer, ...]

    def aliases(self) -> frozenset[str]:
        """Every alias that a run of this plan may call."""
        return frozenset(
            alias
            for layer in self.layers
            for slot in layer.slots
            for alias in slot.aliases
        )

    def call_count(self) -> int:
        """The calls of a run in which nothing fails."""
        return len(self.drafts())

    def planned_answer(self) -> DraftKey | None:
        """The draft that is the answer unless it fails; None when only the end can tell."""
        last = self.layers[-1]
        if not last.writes:
            return None
        label = last.primary or last.slots[0].label
        keys = [key for key in last.drafts() if key.label == label]
        return keys[0] if last.window is None else keys[-1]

    def drafts(self) -> tuple[DraftKey, ...]:
        """The keys of all drafts, layer by layer."""
        return tuple(key for layer in self.layers for key in layer.drafts())


def passed_on(layers: Sequence[Layer]) -> int:
    """How many drafts the last of these layers passes on, when nothing fails."""
    count = 0
    for layer in layers:
        if layer.kind == "draft":
            count = len(layer.samples() if layer.window is None else layer.slots)
        elif layer.contest is not None:
            count = min(count, layer.contest.keep or count)
        elif layer.kind in ("aggregate", "vote"):
            count = 1
        elif layer.keeping is not None:
            count = min(count, layer.keeping.keep)
    return count


@dataclass(frozen=True, slots=True)
class Card:
    """A model card as it was when a run started. No `price` means unpriced, not free."""

    alias: str
    provider: str
    model: str
    context: int = DEFAULT_CONTEXT
    max_output: int = DEFAULT_MAX_TOKENS
    price: Price | None = None

    def to_json(self) -> dict[str, Any]:
        """The card as a run keeps it."""
        return {
            "alias": self.alias,
            "provider": self.provider,
            "model": self.model,
            "context": self.context,
            "max_output": self.max_output,
            "price": None if self.price is None else self.price.to_json(),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Card:
        """The inverse of `to_json`."""
        price = stored["price"]
        return cls(
            alias=stored["alias"],
            provider=stored["provider"],
            model=stored["model"],
            context=stored["context"],
            max_output=stored["max_output"],
            price=None if price is None else Price.from_json(price),
        )


@dataclass(frozen=True, slots=True)
class AnswerOverrides:
    """What a caller of /v1 asks of the answering slots alone. None: as the recipe has it."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] | None = None
    seed: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Only what was asked."""
        asked = {
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "stop": None if self.stop is None else list(self.stop),
            "seed": self.seed,
        }
        return {name: value for name, value in asked.items() if value is not None}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> AnswerOverrides:
        """The inverse of `to_json`."""
        asked = dict(stored)
        if "stop" in asked:
            asked["stop"] = tuple(asked["stop"])
        return cls(**asked)
