"""The rows that lists of runs and recipes show."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.utils import timezone

from playground.accounts.access import Viewer
from playground.accounts.models import Team
from playground.engine.plan import Plan, parse
from playground.live.drawing import Mini, mini_of
from playground.recipes.models import Recipe, Revision
from playground.recipes.queries import current_revision, current_revisions
from playground.runs.access import runs_visible_to
from playground.runs.models import Call, Run, RunStatus
from playground.web.refusals import NotFound

PAGE = 50
_WORDS = {
    "deadline": "out of time",
    "no_answer": "no answer",
    "quorum": "too few drafts",
    "abort": "a slot failed",
    "limit": "at its limit",
    "budget": "no budget left",
    "gave_up": "given up",
}


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as a list shows it."""

    run: Run
    calls: int

    @property
    def state(self) -> str:
        """The glyph's name."""
        return "degraded" if self._is_lesser else self.run.status

    @property
    def word(self) -> str:
        """The state in a word."""
        return "Degraded" if self._is_lesser else self.run.get_status_display()

    @property
    def _is_lesser(self) -> bool:
        # A run that failed is failed, whatever else went wrong on the way.
        return self.run.degraded and self.run.status == RunStatus.DONE

    @property
    def note(self) -> str:
        """Why, where it did not go as planned."""
        return _WORDS.get(self.run.reason, "") if not self.run.is_open else ""

    @property
    def took_ms(self) -> int | None:
        """How long it ran, or has been running."""
        if self.run.started_at is None:
            return None
        end = self.run.ended_at or timezone.now()
        return int((end - self.run.started_at).total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class Choice:
    """A recipe that can be run: its newest revision, read."""

    revision: Revision
    plan: Plan
    mini: Mini

    @property
    def slug(self) -> str:
        """Its value in forms."""
        return self.revision.recipe.slug

    @property
    def calls(self) -> int:
        """How many calls it makes when nothing fails."""
        return self.plan.call_count()

    @property
    def is_preset(self) -> bool:
        """True for the mixtures that came with the product."""
        return self.revision.recipe.preset


def _listed(runs: QuerySet[Run], *, limit: int) -> list[RunRow]:
    calls = (
        Call.objects.filter(run=OuterRef("pk"))
        .order_by()
        .values("run")
        .annotate(made=Count("pk"))
        .values("made")
    )
    rows = (
        runs.defer("feed_copy", "messages", "cards", "variables", "revision__document")
        .annotate(calls_made=Subquery(calls, output_field=IntegerField()))
        .order_by("-id")[:limit]
    )
    return [RunRow(run, run.calls_made or 0) for run in rows]


def recent_rows(viewer: Viewer, team: Team, *, limit: int) -> dict[str, list[RunRow]]:
    """The newest runs of the viewer, and of the others, in one team."""
    runs = runs_visible_to(viewer).filter(team=team)
    return {
        "mine": _listed(runs.filter(user=viewer.user), limit=limit),
        "theirs": _listed(runs.exclude(user=viewer.user), limit=limit),
    }


def history_rows(
    viewer: Viewer, *, team: Team | None, mine: bool, before: UUID | None
) -> tuple[list[RunRow], UUID | None]:
    """A page of runs, newest first, and the id to go on from, None at the end."""
    runs = runs_visible_to(viewer)
    if team is not None:
        runs = runs.filter(team=team)
    if mine:
        runs = runs.filter(user=viewer.user)
    if before is not None:
        runs = runs.filter(id__lt=before)
    rows = _listed(runs, limit=PAGE + 1)
    onward = rows[PAGE - 1].run.pk if len(rows) > PAGE else None
    return rows[:PAGE], onward


def choices_of(viewer: Viewer, team: Team | None = None) -> list[Choice]:
    """The recipes that the viewer can choose from, presets first, smallest first."""
    revisions = current_revisions(viewer)
    if team is not None:
        revisions = revisions.filter(recipe__team=team)
    choices = [_choice(revision) for revision in revisions]
    return sorted(choices, key=lambda choice: (not choice.is_preset, choice.calls))


def _choice(revision: Revision) -> Choice:
    plan = parse(revision.document)
    return Choice(revision, plan, mini_of(plan))


def revision_of(recipe: Recipe, number: str) -> Choice:
    """A revision by its number, the newest where none is asked for."""
    if not number:
        return _choice(current_revision(recipe))
    wanted = recipe.revisions.filter(number=number) if number.isdecimal() else None
    revision = wanted.first() if wanted is not None else None
    if revision is None:
        raise NotFound(
            f"The recipe “{recipe.slug}” has no revision {number[:12]}.",
            "The recipe's page lists those that there are.",
        )
    revision.recipe = recipe
    return _choice(revision)


def revision_numbers(recipe: Recipe) -> QuerySet[Revision]:
    """The revisions of a recipe, newest first, without their documents."""
    return recipe.revisions.defer("document").select_related("created_by")
