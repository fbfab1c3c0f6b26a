"""What judges found as their layer's section shows it: each point with who says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from playground.engine.findings import Analysis, Finding, Reading
from playground.engine.picks import Pick, Selection
from playground.engine.plan import Layer
from playground.engine.verdicts import Verdict
from playground.live.seats import DraftView
from playground.web.formats import counted

# With more drafts than this a row names only those that it is about.
_MOST_SEATS = 8
_HINTS = {
    "Consensus": "what several drafts say alike",
    "Contradictions": "where not all can be right",
    "Partly covered": "what only some drafts have",
    "Only in one draft": "what one draft alone has",
    "Blind spots": "what is missing",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A draft beside a point: one that the point is about, or another's empty seat."""

    draft: DraftView
    is_named: bool = True


@dataclass(frozen=True, slots=True)
class Voice:
    """What some drafts say of a point."""

    says: str
    drafts: tuple[DraftView, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One finding: the drafts that it is about among all, and what each side says."""

    text: str
    marks: tuple[Mark, ...]
    voices: tuple[Voice, ...]


@dataclass(frozen=True, slots=True)
class Theme:
    """The points under one heading."""

    title: str
    hint: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One judge's analysis."""

    judge: DraftView
    themes: tuple[Theme, ...]
    brief: str


def panels_of(analysis: Analysis, drafts: Mapping[str, DraftView]) -> tuple[Panel, ...]:
    """The panels of a compare layer, judge by judge."""
    compared = [drafts[key] for key in analysis.drafts if key in drafts]
    return tuple(
        Panel(
            drafts[reading.key],
            tuple(_themes(reading, compared, drafts)),
            brief_of(reading),
        )
        for reading in analysis.readings
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """What one moderator kept, in its order, and what it left."""

    judge: DraftView
    kept: tuple[DraftView, ...]
    away: tuple[DraftView, ...]
    agree: bool
    why: str


def choices_of(
    selection: Selection, drafts: Mapping[str, DraftView]
) -> tuple[Choice, ...]:
    """The choices of a select layer, moderator by moderator."""
    return tuple(
        Choice(
            drafts[pick.key],
            tuple(drafts[key] for key in pick.kept),
            tuple(drafts[key] for key in selection.drafts if key not in pick.kept),
            pick.agree,
            pick.why,
        )
        for pick in selection.picks
    )


def brief_of(reading: Reading) -> str:
    """What a judge found, as counts."""
    counts = (f"{title.lower()} {len(found)}" for title, found in reading.sections)
    return ", ".join(counts) or "found nothing to tell"


def glosses_of(
    found: Verdict | None, drafts: Mapping[str, DraftView]
) -> dict[str, str]:
    """By judge, in short what it came to."""
    match found:
        case Analysis():
            return {each.key: brief_of(each) for each in found.readings}
        case Selection():
            return {pick.key: pick_brief(pick, drafts) for pick in found.picks}
    return {}


def tally_of(layer: Layer, found: Analysis | Selection) -> str:
    """`1 of 2 read`, or `kept 2 of 3`, for the strip, once the layer is over."""
    if isinstance(found, Selection) and found.ends:
        return "they agree"
    if isinstance(found, Selection):
        return f"kept {len(found.kept)} of {len(found.drafts)}"
    return f"{len(found.readings)} of {len(layer.drafts())} read"


def pick_brief(pick: Pick, drafts: Mapping[str, DraftView]) -> str:
    """What a moderator chose and why, in short."""
    agree = "The drafts agree. " if pick.agree else ""
    kept = ", ".join(drafts[key].name for key in pick.kept)
    return f"Keeps {kept}. {agree}{pick.why}".strip()


def gist_of(layer: Layer) -> str:
    """What the judges of this layer do, in a sentence."""
    order = ", shuffled" if layer.pack.order == "shuffle" else ""
    names = ", names hidden" if layer.pack.anonymise else ""
    if layer.keeping is not None:
        keep = layer.keeping.keep
        best = f"the {keep} best" if keep > 1 else "the best one"
        early = ", or end the run when all agree" if layer.keeping.stop_early else ""
        return f"Moderators keep {best} of the drafts{order}{names}{early}."
    return (
        f"Each judge compares the drafts{order}{names}; all go on, with what it found."
    )


def without_judges(layer: Layer) -> str:
    """What happens when no judge can be read."""
    if layer.quorum:
        return f"With fewer than {counted(layer.quorum, 'reply')} to read the run ends."
    if layer.on_fail == "abort":
        return "The run ends."
    if layer.keeping is not None:
        return "The first drafts go on, in their order, and the page says so."
    return "The drafts go on without an analysis, and the page says so."


def _themes(
    reading: Reading, compared: list[DraftView], drafts: Mapping[str, DraftView]
) -> Iterable[Theme]:
    for title, findings in reading.sections:
        points = tuple(_point(finding, compared, drafts) for finding in findings)
        yield Theme(title, _HINTS[title], points)


def _point(
    finding: Finding, compared: list[DraftView], drafts: Mapping[str, DraftView]
) -> Point:
    named = [drafts[key] for key in finding.drafts if key in drafts]
    seats = compared if len(compared) <= _MOST_SEATS else named
    return Point(
        finding.point,
        tuple(Mark(draft, draft in named) for draft in seats),
        tuple(
            Voice(side.says, tuple(drafts[k] for k in side.drafts if k in drafts))
            for side in finding.sides
        ),
    )
