"""Why a run ended as it did, and what a person can do, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from playground.engine.rankings import Ranking
from playground.live.seats import DraftView
from playground.web.formats import counted, seconds

_REASONS = {
    "cancelled": "The run was stopped.",
    "deadline": "The run's time was up before the answer was written.",
    "no_answer": "No answer came about.",
    "quorum": "Too few drafts came in for the next layer.",
    "abort": "A slot failed that the recipe cannot do without.",
    "limit": "The recipe's limit was reached before the answer was written.",
    "budget": "The budget was spent before the answer was written.",
    "gave_up": "The run was interrupted too often and was given up.",
}
_REMEDIES = {
    "deadline": "Raise the recipe's time limit (deadline_s), or choose faster models.",
    "no_answer": "Mend the causes below, or give the slots fallbacks.",
    "quorum": "Mend the causes below, ask for fewer usable drafts (quorum), or give the slots "
    "fallbacks.",
    "abort": "Mend the cause below, or let the layer drop slots that fail.",
    "limit": "Raise the recipe's limits, or let its slots write less (max_tokens).",
    "budget": "Ask an admin for more, or choose a cheaper recipe.",
    "gave_up": "Run it again. If it happens again, ask an admin for the worker's log.",
}


def verdict_of(status: str, reason: str) -> str:
    """One sentence; empty for a run that is open or done."""
    if status not in {"failed", "cancelled"}:
        return ""
    return _REASONS.get(reason or status, "The run failed.")


def remedy_of(reason: str) -> str:
    """What to do about it; empty when there is nothing to do."""
    return _REMEDIES.get(reason, "")


def ended_words(status: str, took_ms: int, *, degraded: bool) -> tuple[str, str]:
    """The glyph and the words of a run that does not run."""
    match status:
        case "queued":
            return "queued", "Queued"
        case "done":
            return "degraded" if degraded else "done", f"Done in {seconds(took_ms)}"
    word = "Stopped" if status == "cancelled" else status.capitalize()
    return status, f"{word} after {seconds(took_ms)}"


def lesser_of(drafts: Iterable[DraftView], answer: DraftView | None) -> str:
    """Why a run that is done is degraded: which drafts it lacks, who wrote instead."""
    return " ".join(_shortfalls(list(drafts), answer))


def no_votes(layer: int) -> str:
    """What a run lacks whose vote had nothing to count."""
    return (
        f"Layer {layer} found no answer to count in any draft: the first that it was "
        "given stands."
    )


def no_score(layer: int) -> str:
    """What a run lacks whose route could not tell how hard the prompt is."""
    return (
        f"Layer {layer} could not read a score of the prompt: it counts as hard, and the "
        "run went above."
    )


def not_heard(judges: list[DraftView]) -> str:
    """What a run lacks whose judges could not be read."""
    layer, names = judges[0].layer, _listed([judge.name for judge in judges])
    return f"Layer {layer} could not be read ({names}): its drafts went on without it."


def not_ranked(layer: int, ranking: Ranking | None) -> str:
    """What a run lacks whose judges did not all say something that could be counted."""
    if ranking is None or (ranking.can_rank and not ranking.unread):
        return ""
    if not ranking.can_rank:
        return (
            f"Layer {layer} has no judgement to count: the drafts went on as they came."
        )
    unread = counted(len(ranking.unread), "judgement")
    return f"Layer {layer} could not read {unread}, and counts the others."


def _shortfalls(drafts: list[DraftView], answer: DraftView | None) -> Iterator[str]:
    if answer is not None and not answer.is_answer:
        is_given = answer.layer < max(each.layer for each in drafts if each.is_on_way)
        yield (
            f"The last layer wrote nothing: this is draft {answer.name}, the first "
            "that it was given."
            if is_given
            else f"This is draft {answer.name}, in place of the one that was planned."
        )
    for status in ("failed", "stopped"):
        yield from _left_out(drafts, status)
    for draft in drafts:
        if draft.status == "done" and draft.stand_in:
            yield f"{draft.model} wrote draft {draft.name} in place of {draft.slot.model}."


def _left_out(drafts: list[DraftView], status: str) -> Iterator[str]:
    missing = [draft for draft in drafts if draft.status == status]
    names = [draft.name for draft in missing if not draft.is_judgement]
    if names:
        noun = "draft" if len(names) == 1 else "drafts"
        yield f"Left out: {noun} {_listed(names)}, {status}."
    judged = Counter(draft.layer for draft in missing if draft.is_judgement)
    for layer, count in judged.items():
        yield f"Left out: {counted(count, 'judgement')} of layer {layer}, {status}."


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
