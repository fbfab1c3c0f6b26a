"""Prompts that a model cannot hold, found before anything is sent.

Certain: the text that is known now has more tokens than the context, at sixteen bytes a
token, which no tokenizer exceeds on whole texts. Likely: what is known and what is
likely to be read and written are more than the context.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from playground.engine.branches import Branch
from playground.engine.ceilings import Cards, coming_to, shown_to
from playground.engine.estimates import Estimate, SlotEstimate
from playground.engine.judges import wording
from playground.engine.messages import Message
from playground.engine.prompts import Talk, block_of, lay_around
from playground.engine.routing import foreseen
from playground.engine.shapes import DEFAULT_CONTEXT, Layer, Plan, Slot
from playground.engine.tokens import bytes_of
from playground.engine.ways import ways_of

_MOST_BYTES_A_TOKEN = 16
_BYTES_A_TOKEN = 4
# Of less than this of each draft a reader has nothing.
_LEAST_CHARS = 200


@dataclass(frozen=True, slots=True)
class Overflow:
    """A slot whose prompt does not fit, and what to do about it."""

    layer: int
    label: str
    alias: str
    tokens: int
    context: int
    remedy: str

    def __str__(self) -> str:
        return (
            f"Layer {self.layer}, slot {self.label}: {self.tokens:,} tokens are more "
            f"than {self.alias} can hold ({self.context:,}). {self.remedy}"
        )


def certain_overflows(
    plan: Plan,
    cards: Cards,
    messages: Sequence[Message],
    variables: Mapping[str, object],
    branch: Branch,
) -> list[Overflow]:
    """Slots that cannot hold even what is known now, nor can any of their fallbacks.

    Where a run may still go another way, on which all fits, nothing is certain.
    """
    talk = Talk.of(plan, messages, variables)
    every = ways_of(plan)
    found = [
        _known_overflows(replace(talk, plan=every[side]), cards, branch)
        for side in foreseen(plan, talk.values["prompt"])
    ]
    return found[0] if all(found) else []


def _known_overflows(talk: Talk, cards: Cards, branch: Branch) -> list[Overflow]:
    way, called = talk.plan, branch.called(talk.plan)
    found = []
    for layer, own in zip(way.layers, called.layers, strict=True):
        coming = shown_to(layer, coming_to(way, layer, cards, branch))
        frames = [frame for frame, _ in coming]
        around = wording(layer, frames)
        block = block_of(frames, layer.pack, seed="", wording=around)
        for slot in own.slots:
            bare = lay_around(talk, slot, layer.pack, block, around)
            size = sum(bytes_of(message.content) for message in bare)
            tokens = size // _MOST_BYTES_A_TOKEN
            alias, context = _roomiest(slot, cards)
            if context is not None and tokens > context:
                found.append(_known_too_long(layer, slot, alias, tokens, context))
    return found


def likely_overflows(estimate: Estimate, cards: Cards) -> list[Overflow]:
    """Slots that are likely to be given and to write more than their model holds."""
    return [
        _too_much(each.layer, part, cards[part.slot.model].context)
        for each in estimate.layers
        for part in each.slots
        if part.slot.model in cards and part.in_all > cards[part.slot.model].context
    ]


def _roomiest(slot: Slot, cards: Cards) -> tuple[str, int | None]:
    """The alternative that holds most; nothing where a context is not known.

    A card of which nobody said it has the default, and that is no knowledge.
    """
    contexts = {alias: cards[alias].context for alias in slot.aliases if alias in cards}
    if not contexts or DEFAULT_CONTEXT in contexts.values():
        return slot.model, None
    alias = max(contexts, key=lambda each: contexts[each])
    return alias, contexts[alias]


def _known_too_long(
    layer: Layer, slot: Slot, alias: str, tokens: int, context: int
) -> Overflow:
    most = context * _BYTES_A_TOKEN
    remedy = (
        f"Shorten the prompt to about {most:,} characters in all, or give the slot a "
        "model that holds more."
    )
    return Overflow(layer.index, slot.label, alias, tokens, context, remedy)


def _too_much(layer: Layer, part: SlotEstimate, context: int) -> Overflow:
    return Overflow(
        layer.index,
        part.slot.label,
        part.slot.model,
        part.in_all,
        context,
        _remedy(layer, part, context),
    )


def _remedy(layer: Layer, part: SlotEstimate, context: int) -> str:
    room = context - part.known - part.one.tokens_out.likely
    each = room * _BYTES_A_TOKEN // part.references if part.references else 0
    if each >= _LEAST_CHARS:
        return (
            f"Show it at most {each // 100 * 100:,} characters of each draft "
            f"(max_chars of layer {layer.index}), or fewer drafts."
        )
    return "Shorten the prompt, or take a model that holds more."
