"""What the literature says against a plan. It advises, names its source, and never blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from playground.engine.shapes import Contest, Layer, Plan
from playground.engine.ways import before, longest, ways

_MOST_SLOTS, _MOST_LAYERS = 6, 3
_LONGEST_CLOSED = 160
# Questions that are usually settled by a name, a number, a place, a day, or yes or no.
_CLOSED = re.compile(
    r"(who|when|where|which|what(?: is|.s| was| are| were| year| day| time)"
    r"|how (?:many|much|old|far|long|tall|high|big|often)"
    r"|is|are|was|were|does|do|did|has|have|can)\b[^?\n]*\?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where it is written."""

    name: str
    url: str


MOA = Source("Wang et al. 2024, Mixture-of-Agents", "https://arxiv.org/abs/2406.04692")
SELF_MOA = Source("Li et al. 2025, Self-MoA", "https://arxiv.org/abs/2502.00674")
CONSISTENCY = Source(
    "Wang et al. 2022, Self-consistency", "https://arxiv.org/abs/2203.11171"
)
JUDGES = Source("Zheng et al. 2023, MT-Bench", "https://arxiv.org/abs/2306.05685")


@dataclass(frozen=True, slots=True)
class Advice:
    """A piece of advice; `is_disputed` when another source found otherwise."""

    text: str
    sources: tuple[Source, ...]
    is_disputed: bool = False


def advise(plan: Plan, prompt: str) -> tuple[Advice, ...]:
    """What there is to say of a plan, and of a prompt for it."""
    return (
        *_on_width(plan),
        *_on_depth(plan),
        *_on_sameness(plan),
        *_on_judges(plan),
        *_on(plan, prompt),
    )


def _on_width(plan: Plan) -> Iterator[Advice]:
    wide = [
        layer
        for layer in plan.layers
        if len(layer.slots) > _MOST_SLOTS and not layer.judges
    ]
    if wide:
        told = [f"layer {layer.index} has {len(layer.slots)} slots" for layer in wide]
        yield Advice(
            f"{_sentence(told)} The paper rose from 47.8 with one draft to 61.3 with six "
            "and tried no more; each draft is read by every slot of the next layer.",
            (MOA,),
        )


def _on_depth(plan: Plan) -> Iterator[Advice]:
    count = longest(plan)
    if count > _MOST_LAYERS:
        yield Advice(
            f"The recipe has {count} layers. Most of the gain is in the second: on MATH "
            "one model went from .456 to .584 there, and to .578 in the third.",
            (MOA,),
        )


def _on_sameness(plan: Plan) -> Iterator[Advice]:
    alike: dict[str, list[int]] = {}
    for layer in plan.layers:
        models = {slot.model for slot in layer.slots}
        if len(layer.slots) > 1 and len(models) == 1 and not layer.judges:
            alike.setdefault(models.pop(), []).append(layer.index)
    if alike:
        told = [
            f"every slot of {_layers(at)} is {model}" for model, at in alike.items()
        ]
        yield Advice(
            f"{_sentence(told)} With six different models the paper scored 61.3 and with "
            "one of them six times 56.7; but the best proposer six times scored 63.8.",
            (MOA, SELF_MOA),
            is_disputed=True,
        )


def _layers(numbers: Sequence[int]) -> str:
    """`layer 1`, or `layers 1, 2 and 4`."""
    *before, last = map(str, numbers)
    return f"layers {', '.join(before)} and {last}" if before else f"layer {last}"


def _sentence(clauses: Sequence[str]) -> str:
    text = "; ".join(clauses)
    return f"{text[0].upper()}{text[1:]}."


def _on_judges(plan: Plan) -> Iterator[Advice]:
    told: dict[Advice, None] = {}
    for way in ways(plan):
        for layer in way.layers:
            if layer.judges:
                told |= dict.fromkeys(_on_own_drafts(way, layer))
            if layer.contest is not None:
                told |= dict.fromkeys(_on_order(layer, layer.contest))
    yield from told


def _on_own_drafts(way: Plan, layer: Layer) -> Iterator[Advice]:
    """Where several judge, the others judge what is one's own."""
    writing = [each for each in before(way, layer) if each.writes][-1:]
    wrote = {slot.model for each in writing for slot in each.slots}
    judges = {slot.model for slot in layer.slots}
    if len(judges) == 1 and judges < wrote:
        yield Advice(
            f"{judges.pop()} judges in layer {layer.index} and wrote one of the drafts. "
            "GPT-4 favoured its own texts by 10 %, Claude by 25 %: take a judge that "
            "writes none, or a second one.",
            (JUDGES,),
        )


def _on_order(layer: Layer, contest: Contest) -> Iterator[Advice]:
    if contest.method == "listwise" and layer.pack.order != "shuffle":
        yield Advice(
            f"All judges of layer {layer.index} see the drafts in one order. GPT-4 kept "
            "its verdict in 65 % of pairs when their order was turned, others in less: "
            "shuffle them for each.",
            (JUDGES,),
        )


def _on(plan: Plan, prompt: str) -> Iterator[Advice]:
    asked = prompt.strip()
    reads = any(layer.sees != "none" for layer in plan.layers)
    if reads and len(asked) <= _LONGEST_CLOSED and _CLOSED.fullmatch(asked):
        yield Advice(
            "This looks like a short question with one right answer. A majority over "
            "samples of one model gains there too, and is cheaper: no call reads drafts.",
            (CONSISTENCY,),
        )
