"""What a run came to, and what a team offers: the rows behind /v1."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Sum

from playground.accounts.access import Viewer
from playground.accounts.models import Team
from playground.recipes.models import Recipe
from playground.recipes.offers import unmade_presets
from playground.recipes.queries import recipes_of
from playground.runs.models import Call, Draft, Run
from playground.runs.states import CallStatus, DraftStatus


@dataclass(frozen=True, slots=True)
class Outcome:
    """An ended run, its answer (call `n` wrote it) and the tokens of all its calls."""

    run: Run
    key: str
    text: str
    n: int
    finish_reason: str
    drafts: int
    calls: int
    tokens_in: int
    cached: int
    tokens_out: int
    reasoning: int

    @property
    def has_answer(self) -> bool:
        """True when the run was done."""
        return self.run.status == "done" and bool(self.key)


def outcome_of(run_id: UUID) -> Outcome:
    """Read what a run came to; five short queries."""
    run = Run.objects.defer("feed_copy", "messages", "cards").get(pk=run_id)
    draft = Draft.objects.filter(run=run, key=run.answer_key).first()
    call = _last_call_of(draft)
    sums = Call.objects.filter(run=run).aggregate(
        count=Count("pk"),
        tokens_in=Sum("tokens_in"),
        cached=Sum("cached"),
        tokens_out=Sum("tokens_out"),
        reasoning=Sum("reasoning_tokens"),
    )
    return Outcome(
        run=run,
        key=run.answer_key,
        text=draft.text if draft else "",
        n=call.n if call else 0,
        finish_reason=call.finish_reason if call else "",
        drafts=Draft.objects.filter(run=run, status=DraftStatus.DONE).count(),
        calls=sums["count"],
        tokens_in=sums["tokens_in"] or 0,
        cached=sums["cached"] or 0,
        tokens_out=sums["tokens_out"] or 0,
        reasoning=sums["reasoning"] or 0,
    )


def _last_call_of(draft: Draft | None) -> Call | None:
    if draft is None:
        return None
    return draft.calls.filter(status=CallStatus.DONE).order_by("-n").first()


def models_of(viewer: Viewer, team: Team) -> list[Recipe]:
    """The recipes that a token may call by their short name, and the team's presets."""
    if not viewer.teams().filter(pk=team.pk).exists():
        return []
    made = recipes_of(team).select_related("team")
    return [*made, *unmade_presets(team)]
