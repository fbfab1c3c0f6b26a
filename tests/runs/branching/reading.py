"""What a run holds, for a look at it."""

from __future__ import annotations

from django.db.models import QuerySet

from playground.runs.models import Call, Draft, Run


def state(run: Run) -> dict[str, tuple[str, str, str]]:
    """By key: status, text, and how it came in."""
    drafts: QuerySet[Draft] = Draft.objects.filter(run=run)
    return {draft.key: (draft.status, draft.text, draft.given) for draft in drafts}


def called(run: Run) -> list[str]:
    return [call.draft.key for call in Call.objects.filter(run=run)]
