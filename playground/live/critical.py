"""What a run's time hung on: the draft that each layer waited for, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass

from playground.live.figures import RunView
from playground.live.seats import DraftView
from playground.live.sections import LayerView
from playground.web.formats import listed, money, seconds

# Less than this nobody notices, and clocks differ by as much.
_NOTICED_MS = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence about the timeline, and what it is about."""

    about: str
    says: str


@dataclass(frozen=True, slots=True)
class Hold:
    """What one layer waited for. `alone_ms` is how long it waited for that draft only."""

    draft: DraftView
    alone_ms: int
    repeated_ms: int


@dataclass(frozen=True, slots=True)
class Critical:
    """The path: the drafts on it in order, and what follows from it."""

    keys: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()


def critical_of(view: RunView) -> Critical:
    """The path of a run that came to an answer; nothing of any other."""
    if view.status != "done":
        return Critical()
    holds = [hold for layer in view.layers if (hold := _hold(view, layer)) is not None]
    return Critical(
        frozenset(hold.draft.key for hold in holds), tuple(_findings(view, holds))
    )


def _hold(view: RunView, layer: LayerView) -> Hold | None:
    ends = sorted(
        (call.ended_ms, draft.key)
        for draft in layer.drafts
        for call in draft.calls[-1:]
        # Nobody waited for a draft that was stopped: its end came of another's.
        if call.ended_ms is not None and draft.status != "stopped"
    )
    if not ends:
        return None
    place = _decisive(layer, len(ends))
    draft = view.drafts[ends[place][1]]
    waited_for_all = layer.closed_by in {"", "all"} and len(ends) > 1
    alone = ends[-1][0] - ends[-2][0] if waited_for_all else 0
    repeated = draft.calls[-1].opened_ms - draft.calls[0].opened_ms
    return Hold(draft, alone, min(repeated, alone) if len(ends) > 1 else repeated)


def _decisive(layer: LayerView, ends: int) -> int:
    """Whose end let the run go on: with a quorum the one that filled it."""
    if layer.closed_by == "quorum" and layer.plan.quorum:
        return min(layer.plan.quorum, ends) - 1
    return ends - 1


def _findings(view: RunView, holds: list[Hold]) -> list[Finding]:
    if len(holds) < 2:
        return []
    found = [Finding("What the time hung on", _chain(view, holds))]
    longest = max(holds, key=lambda hold: hold.alone_ms)
    if longest.alone_ms >= _NOTICED_MS:
        found.append(_without(longest))
    repeated = [hold for hold in holds if hold.repeated_ms >= _NOTICED_MS]
    if repeated:
        found.append(_without_repeats(repeated))
    return found


def _chain(view: RunView, holds: list[Hold]) -> str:
    words = [
        "the answer" if hold.draft.key == view.answer_key else hold.draft.name
        for hold in holds
    ]
    return f"{', then '.join(words)}."


def _without(hold: Hold) -> Finding:
    cost = hold.draft.cost_nanos
    less = f", for {money(cost)} less" if cost else ""
    return Finding(
        f"Without {hold.draft.name}",
        f"the answer would have been there {seconds(hold.alone_ms)} sooner{less}.",
    )


def _without_repeats(holds: list[Hold]) -> Finding:
    names = listed([hold.draft.name for hold in holds])
    sooner = seconds(sum(hold.repeated_ms for hold in holds))
    return Finding(f"Without the repeated calls of {names}", f"{sooner} sooner.")
