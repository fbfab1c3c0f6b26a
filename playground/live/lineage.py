"""Where a run comes from and what came of it, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playground.runs.models import Run
from playground.runs.queries import children_of, with_texts
from playground.runs.states import RunStatus
from playground.web.formats import listed


@dataclass(frozen=True, slots=True)
class Relative:
    """A run beside this one; `words` say how it differs. No run: it was deleted."""

    run: Run | None
    words: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """The run before, and the runs that went on from here, oldest first."""

    parent: Relative | None = None
    children: tuple[Relative, ...] = ()


def lineage_of(run: Run) -> Lineage:
    """A run's relatives. Two queries at most."""
    parent = Relative(run.parent, branch_words(run.branch)) if run.branch else None
    return Lineage(
        parent,
        tuple(
            Relative(child, branch_words(child.branch)) for child in children_of(run)
        ),
    )


def alone_of(lineage: Lineage) -> Run | None:
    """The latest run of the prompt by one model alone that came to an answer."""
    answered = (
        relative.run
        for relative in reversed(lineage.children)
        if relative.run is not None
        and relative.run.branch.get("kind") == "alone"
        and relative.run.status == RunStatus.DONE
    )
    found = next(answered, None)
    return None if found is None else with_texts(found)


def branch_words(branch: Mapping[str, Any]) -> str:
    """How a run differs from its parent."""
    names = listed([_short(key) for key in branch.get("keys", ())])
    match branch.get("kind"):
        case "follow_up":
            return "Follow-up"
        case "left_out":
            return f"Without {names}"
        case "edited":
            return f"With {names} edited"
        case "retried":
            return f"{names} tried again{_models(branch.get('models') or {})}"
        case "alone":
            return "One model alone"
    return "Branch"


def _models(models: Mapping[str, str]) -> str:
    aliases = sorted({alias for alias in models.values() if alias})
    return f" with {listed(aliases)}" if aliases else ""


def _short(key: str) -> str:
    """`1.B.1` as `1B`, `1.B.2` as `1B, sample 2`."""
    layer, label, sample = [*str(key).split("."), "", "1"][:3]
    return f"{layer}{label}" + ("" if sample == "1" else f", sample {sample}")
