"""Runs and what they stand on, made for tests."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from playground.accounts.models import Membership, Team, User
from playground.recipes.models import Recipe, Revision
from playground.runs.models import Call, Draft, Run
from playground.runs.search import index_new

CARD = {
    "alias": "fast",
    "provider": "stub",
    "model": "m-0-3-1",
    "context": 32768,
    "max_output": 4096,
    "price": {"input": "0.15", "cached_input": "0.075", "output": "0.60", "tiers": []},
}
DOCUMENT = {
    "schema": "moa-recipe/1",
    "slug": "two",
    "name": "Two and one",
    "layers": [
        {"kind": "draft", "slots": [{"model": "fast"}, {"model": "fast"}]},
        {"kind": "aggregate", "slots": [{"model": "fast"}]},
    ],
}
KEYS = ["1.A.1", "1.B.1", "2.Z.1"]


def a_member(
    username: str = "ada", team: str = "research", role: str = "member"
) -> User:
    """A user with a place in a team."""
    user, _ = User.objects.get_or_create(username=username)
    place, _ = Team.objects.get_or_create(slug=team, defaults={"name": team.title()})
    Membership.objects.get_or_create(user=user, team=place, defaults={"role": role})
    return user


def a_run(**given: Any) -> Run:
    """A queued run of two drafts and an answer."""
    user = a_member()
    team = Team.objects.get(slug="research")
    recipe, _ = Recipe.objects.get_or_create(
        team=team, slug="two", defaults={"name": "Two"}
    )
    revision, _ = Revision.objects.get_or_create(
        recipe=recipe, number=1, defaults={"document": DOCUMENT}
    )
    fields: dict[str, Any] = {
        "team": team,
        "user": user,
        "revision": revision,
        "prompt": "Why?",
        "messages": [{"role": "user", "content": "Why?"}],
        "cards": {"fast": CARD},
        "seed": 7,
        "created_at": timezone.now(),
    }
    run = Run.objects.create(**(fields | given))
    for position, key in enumerate(KEYS):
        layer, label, sample = key.split(".")
        Draft.objects.create(
            run=run,
            key=key,
            position=position,
            layer=int(layer),
            label=label,
            sample=int(sample),
            model="fast",
        )
    index_new(run)
    return run


def a_call(run: Run, *, n: int, key: str = "1.A.1", **given: Any) -> Call:
    """A call that a provider answered, two seconds after the run's start."""
    fields: dict[str, Any] = {
        "epoch": 1,
        "alias": "fast",
        "provider": "stub",
        "model": "m-0-3-1",
        "status": "done",
        "opened_ms": 0,
        "first_token_ms": 500,
        "ended_ms": 2_000,
        "started_at": timezone.now(),
        "finish_reason": "stop",
        "tokens_in": 100,
        "tokens_out": 60,
        "cost_nanos": 2_000,
    }
    draft = Draft.objects.get(run=run, key=key)
    return Call.objects.create(run=run, draft=draft, n=n, **(fields | given))
