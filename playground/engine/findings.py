"""What judges found, as the journal, the feed and the export have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

HEADINGS = {
    "consensus": "Consensus",
    "contradictions": "Contradictions",
    "partial_coverage": "Partly covered",
    "unique_insights": "Only in one draft",
    "blind_spots": "Blind spots",
}
NO_ANALYSIS = (
    "no judge gave an analysis that can be read: the drafts go on as they came"
)


@dataclass(frozen=True, slots=True)
class Unread:
    """A judge whose reply says nothing, even after it was asked again."""

    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.key} could not be read: {self.reason}"


@dataclass(frozen=True, slots=True)
class Side:
    """What some of the drafts say of a point on which drafts differ."""

    says: str
    drafts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One point of an analysis, and the keys of the drafts that it is about."""

    point: str
    drafts: tuple[str, ...] = ()
    sides: tuple[Side, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """One judge's analysis: its findings under each of `HEADINGS`."""

    key: str
    findings: Mapping[str, tuple[Finding, ...]]

    @property
    def sections(self) -> list[tuple[str, tuple[Finding, ...]]]:
        """The headings that have findings, in order."""
        return [
            (title, self.findings[name])
            for name, title in HEADINGS.items()
            if self.findings.get(name)
        ]


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a compare layer found: each judge by itself, nothing is merged.

    `drafts` are those compared. Without a single reading they went on all the same.
    """

    kind: ClassVar[str] = "compare"
    drafts: tuple[str, ...]
    readings: tuple[Reading, ...]
    unread: tuple[Unread, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """The analysis in sentences, for people and exports."""
        return tuple(_sentences(self))

    def to_json(self) -> dict[str, Any]:
        """As the journal keeps it; `verdicts.verdict_from_json` is the inverse."""
        return {
            "kind": self.kind,
            "drafts": list(self.drafts),
            "judges": [
                {"key": reading.key} | _findings_to_json(reading.findings)
                for reading in self.readings
            ],
            "unread": [
                {"key": each.key, "reason": each.reason} for each in self.unread
            ],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Analysis:
        """The inverse of `to_json`."""
        return cls(
            drafts=tuple(stored["drafts"]),
            readings=tuple(
                Reading(judge["key"], _findings_from_json(judge))
                for judge in stored["judges"]
            ),
            unread=tuple(Unread(**each) for each in stored["unread"]),
        )


def _sentences(analysis: Analysis) -> Iterator[str]:
    if not analysis.readings:
        yield NO_ANALYSIS
    for reading in analysis.readings:
        counts = ", ".join(
            f"{title.lower()} {len(found)}" for title, found in reading.sections
        )
        yield f"{reading.key} compared {', '.join(analysis.drafts)}: {counts or 'nothing'}"
    yield from map(str, analysis.unread)


def _findings_to_json(findings: Mapping[str, Sequence[Finding]]) -> dict[str, Any]:
    return {
        name: [_finding_to_json(each) for each in findings.get(name, ())]
        for name in HEADINGS
    }


def _finding_to_json(finding: Finding) -> dict[str, Any]:
    told: dict[str, Any] = {"point": finding.point, "drafts": list(finding.drafts)}
    if finding.sides:
        told["sides"] = [
            {"says": side.says, "drafts": list(side.drafts)} for side in finding.sides
        ]
    return told


def _findings_from_json(stored: Mapping[str, Any]) -> dict[str, tuple[Finding, ...]]:
    return {
        name: tuple(_finding_from_json(each) for each in stored[name])
        for name in HEADINGS
    }


def _finding_from_json(stored: Mapping[str, Any]) -> Finding:
    sides = (
        Side(side["says"], tuple(side["drafts"])) for side in stored.get("sides", ())
    )
    return Finding(stored["point"], tuple(stored["drafts"]), tuple(sides))
