"""Applies a moa-provision/1 file: all of it or nothing, and never deletes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from playground.accounts.models import Membership, Team, User
from playground.catalog.models import ModelCard, Provider
from playground.catalog.services import save_credential, save_price
from playground.db.upserts import Outcome, upsert
from playground.ledger.models import Budget
from playground.provisioning.checking import check_provision
from playground.provisioning.entries import (
    BudgetEntry,
    ModelEntry,
    ProviderEntry,
    Provision,
    RecipeEntry,
    TeamEntry,
    UserEntry,
)
from playground.provisioning.files import ProvisionFile
from playground.recipes.services import save_revision


def read_provision(path: Path, *, environment: Mapping[str, str]) -> Provision:
    """Everything that the file asks for; looks at the database, writes nothing.

    Raises ProvisionRefused with every fault, its file and its line.
    """
    file = ProvisionFile(path)
    provision = file.read(environment)
    check_provision(file, provision)
    file.refuse_if_faulty()
    return provision


def apply_provision(provision: Provision, *, is_check: bool = False) -> list[str]:
    """Write everything in one transaction; one line for each thing.

    `is_check` does the same and takes it back, so that it finds the same faults.
    Raises KeyringError when a credential cannot be encrypted.
    """
    with transaction.atomic():
        lines = list(_apply_all(provision))
        if is_check:
            transaction.set_rollback(True)
    return lines


def _apply_all(provision: Provision) -> Iterator[str]:
    for user in provision.users:
        yield _apply_user(user)
    for team in provision.teams:
        yield from _apply_team(team)
    for provider in provision.providers:
        yield from _apply_provider(provider)
    for budget in provision.budgets:
        yield _apply_budget(budget)
    for recipe in provision.recipes:
        yield _apply_recipe(recipe)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _apply_user(entry: UserEntry) -> str:
    values = _given(email=entry.email, is_staff=entry.staff, is_superuser=entry.staff)
    person = User.objects.filter(username=entry.username).first()
    if person is None:
        values["password"] = make_password(entry.password)
    _, outcome = upsert(User, {"username": entry.username}, values)
    return f"user {entry.username}: {outcome}"


def _apply_team(entry: TeamEntry) -> Iterator[str]:
    is_known = Team.objects.filter(slug=entry.slug).exists()
    name = entry.name or (None if is_known else entry.slug)
    team, outcome = upsert(Team, {"slug": entry.slug}, _given(name=name))
    yield f"team {entry.slug}: {outcome}"
    for member in entry.members:
        user = User.objects.get(username=member.user)
        place, outcome = upsert(
            Membership, {"user": user, "team": team}, _given(role=member.role)
        )
        yield f"member {member.user} of {entry.slug} ({place.role}): {outcome}"


def _apply_provider(entry: ProviderEntry) -> Iterator[str]:
    is_known = Provider.objects.filter(slug=entry.slug).exists()
    values = _given(
        name=entry.name or (None if is_known else entry.slug),
        base_url=entry.base_url,
        local=entry.local,
        max_parallel=entry.max_parallel,
        requests_per_minute=entry.requests_per_minute,
    )
    provider, outcome = upsert(Provider, {"slug": entry.slug}, values)
    yield f"provider {entry.slug}: {outcome}"
    if entry.credential is not None:
        is_new = save_credential(provider, entry.credential)
        yield f"credential of {entry.slug}: {'stored' if is_new else Outcome.SAME}"
    for model in entry.models:
        yield _apply_model(provider, model)


def _apply_model(provider: Provider, entry: ModelEntry) -> str:
    values = _given(
        provider=provider,
        model=entry.model,
        context=entry.context,
        max_output=entry.max_output,
        family=entry.family,
        size=entry.size,
        reasoning=entry.reasoning,
        good_at=list(entry.good_at) if entry.good_at else None,
    )
    card, outcome = upsert(ModelCard, {"alias": entry.alias}, values)
    is_new_price = save_price(card, entry.price)
    if outcome is Outcome.SAME and is_new_price:
        return f"model {entry.alias}: new price"
    unpriced = "" if card.prices.exists() else " (unpriced)"
    return f"model {entry.alias}: {outcome}{unpriced}"


def _apply_budget(entry: BudgetEntry) -> str:
    key = {
        "team": Team.objects.get(slug=entry.team) if entry.team else None,
        "user": User.objects.get(username=entry.member) if entry.member else None,
        "card": ModelCard.objects.get(alias=entry.model) if entry.model else None,
        "window": entry.window,
    }
    limits = _given(
        usd_nanos=entry.usd_nanos,
        tokens=entry.tokens,
        runs=entry.runs,
        parallel=entry.parallel,
        per_minute=entry.per_minute,
    )
    _, outcome = upsert(Budget, key, limits)
    return f"budget of {entry.scope}, {entry.window}: {outcome} (not enforced yet)"


def _apply_recipe(entry: RecipeEntry) -> str:
    team = Team.objects.get(slug=entry.team)
    recipe, revision, is_new = save_revision(team, entry.document, None)
    outcome = f"revision {revision.number} saved" if is_new else Outcome.SAME.value
    return f"recipe {recipe}: {outcome}"
