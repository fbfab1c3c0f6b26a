"""The recorded run that ships with the product: to watch before anything is set up.

It was made once, with the small local model, and kept as a file (`manage.py record`
writes such files). It has a recipe of its own, archived, and no words in the index: it
is nobody's work, so lists and medians leave it out.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import Model

from playground.accounts.models import Membership, Role, Team
from playground.recipes.models import Recipe, Revision
from playground.runs.feed import Entry, keep_copy, read_feed
from playground.runs.models import Call, DeletedRun, Draft, JournalEntry, Run

SCHEMA = "moa-recorded/1"
ORIGIN = "recorded"
FILE = Path(__file__).with_name("recorded") / "two-rounds.json"
RECIPE_SLUG = "recorded-run"
_RUN = (
    *("status", "degraded", "reason", "message", "prompt", "messages", "variables"),
    *("overrides", "cards", "seed", "ceiling_nanos", "cost_nanos", "answer_key"),
    *("epoch", "created_at", "started_at", "ended_at"),
)
_DRAFT = (
    *("key", "position", "layer", "label", "sample", "model", "status", "text"),
    *("reasoning", "text_call", "references", "seed", "cause"),
)
_CALL = (
    *("n", "epoch", "alias", "provider", "model", "status", "error", "text"),
    *("opened_ms", "ended_ms", "started_at", "first_token_ms", "finish_reason"),
    *("tokens_in", "cached", "tokens_out", "reasoning_tokens", "estimated"),
    *("ceiling_nanos", "cost_nanos", "messages_hash", "lessons", "least_in"),
)
_JOURNAL = ("seq", "epoch", "kind", "content")
_TIMES = ("created_at", "started_at", "ended_at")


def recording_of(run: Run) -> dict[str, Any]:
    """All that a page and a replay of the run need, as data."""
    calls = Call.objects.filter(run=run).select_related("draft")
    return {
        "schema": SCHEMA,
        "id": str(run.pk),
        "recipe": run.revision.document,
        "run": _fields(run, _RUN),
        "drafts": [_fields(each, _DRAFT) for each in run.drafts.all()],
        "calls": [{"draft": each.draft.key, **_fields(each, _CALL)} for each in calls],
        "journal": [_fields(each, _JOURNAL) for each in run.journal.all()],
        "feed": [[entry.id, entry.body] for entry in read_feed(run)],
    }


def place_recorded(team_slug: str) -> Run | None:
    """Put the recorded run into a team, once: never again after somebody deleted it.

    None where it is already, was deleted, or the team has nobody to own it.
    """
    run_id = recorded_id()
    known = Run.objects.filter(pk=run_id).exists()
    if known or DeletedRun.objects.filter(pk=run_id).exists():
        return None
    owners = Membership.objects.filter(team__slug=team_slug, role=Role.OWNER)
    owner = owners.select_related("team", "user").order_by("pk").first()
    if owner is None:
        return None
    with transaction.atomic():
        return _make(_recording(), owner)


def recorded_in(team: Team) -> UUID | None:
    """The recorded run's id where the team has it."""
    run_id = recorded_id()
    there = Run.objects.filter(pk=run_id, team=team, origin=ORIGIN).exists()
    return run_id if there else None


@functools.cache
def recorded_id() -> UUID:
    """The run keeps the id that it was recorded under."""
    return UUID(_recording()["id"])


def _recording() -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(FILE.read_bytes())
    return content


def _make(content: dict[str, Any], owner: Membership) -> Run:
    fields = dict(content["run"])
    for name in _TIMES:
        fields[name] = datetime.fromisoformat(fields[name])
    run = Run.objects.create(
        id=UUID(content["id"]),
        team=owner.team,
        user=owner.user,
        revision=_revision(content["recipe"], owner.team, fields["created_at"]),
        origin=ORIGIN,
        seen_at=fields["ended_at"],
        **fields,
    )
    drafts = Draft.objects.bulk_create(
        Draft(run=run, **each) for each in content["drafts"]
    )
    by_key = {draft.key: draft for draft in drafts}
    Call.objects.bulk_create(_call(run, each, by_key) for each in content["calls"])
    JournalEntry.objects.bulk_create(
        JournalEntry(run=run, **each) for each in content["journal"]
    )
    keep_copy(run, [Entry(entry_id, body) for entry_id, body in content["feed"]])
    run.refresh_from_db()
    return run


def _revision(document: dict[str, Any], team: Team, made_at: datetime) -> Revision:
    recipe, _ = Recipe.objects.get_or_create(
        team=team,
        slug=RECIPE_SLUG,
        defaults={"name": document["name"], "archived_at": made_at},
    )
    newest = recipe.revisions.order_by("-number").first()
    return Revision.objects.create(
        recipe=recipe, number=newest.number + 1 if newest else 1, document=document
    )


def _call(run: Run, fields: dict[str, Any], drafts: dict[str, Draft]) -> Call:
    made_of = dict(fields)
    draft = drafts[made_of.pop("draft")]
    made_of["started_at"] = datetime.fromisoformat(made_of["started_at"])
    return Call(run=run, draft=draft, **made_of)


def _fields(row: Model, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
