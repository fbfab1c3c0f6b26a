"""What judges found, as Markdown, from a run's export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playground.api.documents.escaping import plain
from playground.engine.findings import HEADINGS


def analysis_blocks(analysis: dict[str, Any]) -> Iterator[str]:
    """Each judge's analysis: a list under each heading, every point with its drafts."""
    for judge in analysis["judges"]:
        yield f"### Analysis by {plain(judge['key'])}"
        found = [(title, judge[name]) for name, title in HEADINGS.items()]
        for title, findings in found:
            if findings:
                yield f"**{title}**"
                yield "\n".join(_lines(findings))
        if not any(findings for _, findings in found):
            yield "It found nothing to tell."


def reasons(selection: dict[str, Any]) -> Iterator[str]:
    """Why each moderator kept what it kept, where it said so."""
    for judge in selection["judges"]:
        if judge["why"]:
            yield f"{plain(judge['key'])}: {plain(judge['why'])}"


def _lines(findings: list[dict[str, Any]]) -> Iterator[str]:
    for finding in findings:
        drafts = ", ".join(map(plain, finding["drafts"]))
        yield f"- {plain(finding['point'])}" + (f" ({drafts})" if drafts else "")
        for side in finding.get("sides", ()):
            of = ", ".join(map(plain, side["drafts"]))
            yield f"    - {of}: {plain(side['says'])}"
