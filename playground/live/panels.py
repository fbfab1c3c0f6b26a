"""Several that aggregate, side by side: whose draft goes on, and why."""

from __future__ import annotations

from collections.abc import Sequence

from playground.engine.plan import Layer
from playground.live.seats import DraftView


def choice_of(
    layer: Layer, drafts: Sequence[DraftView], passed_on: Sequence[str]
) -> str:
    """The sentence; nothing when none of them goes on."""
    primary = layer.primary
    if not passed_on:
        coming = any(not draft.is_over for draft in drafts)
        return f"{primary} is the primary: its draft is to go on." if coming else ""
    chosen = next((draft for draft in drafts if draft.key in passed_on), None)
    if chosen is None:
        return ""
    if chosen.label == primary:
        return f"{chosen.name} goes on: {primary} is the primary."
    state = next(draft.word for draft in drafts if draft.label == primary)
    return (
        f"{chosen.name} goes on in place of the primary {primary}, which {_was(state)}."
    )


def _was(word: str) -> str:
    """`failed`, `was stopped`: how the primary ended."""
    return word if word == "failed" else f"was {word}"
