"""Applies a moa-provision/1 file: all of it or nothing, and never deletes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from playground.accounts.models import Membership, Team, User
from playground.catalog.models import ModelCard, Provider
from playground.catalog.services import save_credential, save_price
from playground.catalog.suggestions import suggest
from playground.db.upserts import Outcome, upsert
from playground.engine.plan import parse
from playground.ledger.limiting import sync_buckets
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

    `is_check` does the same and takes it back, so that it finds the same faults; its
    lines say what would be. Raises KeyringError when a credential cannot be encrypted.
    """
    with transaction.atomic():
        deeds = list(_apply_all(provision))
        if is_check:
            transaction.set_rollback(True)
    return [deed.wished if is_check else deed.said for deed in deeds]


def warnings_of(provision: Provision) -> Iterator[str]:
    """A sentence for each recipe of the file that could not be run as things stand.

    Prices may still come: such a recipe is stored all the same.
    """
    unpriced = _unpriced(provision)
    for entry in provision.recipes:
        plan = parse(entry.document.content)
        missing = sorted(plan.aliases() & unpriced)
        if plan.limits.max_cost_usd is not None and missing:
            yield (
                f"Recipe {entry.team}/{plan.slug} cannot run: no price is known for "
                f"{', '.join(missing)}, so its max_cost_usd cannot be kept. Give the "
                "model a price (0 is free), or take the limit out of the recipe."
            )


def _unpriced(provision: Provision) -> set[str]:
    stored = ModelCard.objects.filter(prices=None).values_list("alias", flat=True)
    priced = {model.alias for model in provision.models if model.price is not None}
    fresh = {model.alias for model in provision.models} - set(
        ModelCard.objects.values_list("alias", flat=True)
    )
    return ({*stored} | fresh) - priced


@dataclass(frozen=True, slots=True)
class _Deed:
    """What became of one thing of the file, or would become of it."""

    what: str
    outcome: str
    remark: str = ""

    @property
    def said(self) -> str:
        return f"{self.what}: {self.outcome}{self.remark}"

    @property
    def wished(self) -> str:
        wish = self.outcome.replace(_SAVED, f" would be{_SAVED}")
        wish = _WISHES.get(wish, wish)
        return f"{self.what}: {wish}{self.remark}"


_SAVED = " saved"
_STORED = "stored"
_NEW_PRICE = "new price"
_WISHES = {
    Outcome.MADE.value: "would be made",
    Outcome.CHANGED.value: "would be changed",
    _STORED: "would be stored",
    _NEW_PRICE: "would get a new price",
}


def _apply_all(provision: Provision) -> Iterator[_Deed]:
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


def _apply_user(entry: UserEntry) -> _Deed:
    values = _given(email=entry.email, is_staff=entry.staff, is_superuser=entry.staff)
    person = User.objects.filter(username=entry.username).first()
    if person is None:
        values["password"] = make_password(entry.password)
    _, outcome = upsert(User, {"username": entry.username}, values)
    return _Deed(f"user {entry.username}", outcome.value)


def _apply_team(entry: TeamEntry) -> Iterator[_Deed]:
    is_known = Team.objects.filter(slug=entry.slug).exists()
    name = entry.name or (None if is_known else entry.slug)
    team, outcome = upsert(Team, {"slug": entry.slug}, _given(name=name))
    yield _Deed(f"team {entry.slug}", outcome.value)
    for member in entry.members:
        user = User.objects.get(username=member.user)
        place, outcome = upsert(
            Membership, {"user": user, "team": team}, _given(role=member.role)
        )
        what = f"member {member.user} of {entry.slug} ({place.role})"
        yield _Deed(what, outcome.value)


def _apply_provider(entry: ProviderEntry) -> Iterator[_Deed]:
    is_known = Provider.objects.filter(slug=entry.slug).exists()
    values = _given(
        name=entry.name or (None if is_known else entry.slug),
        base_url=entry.base_url,
        local=entry.local,
        max_parallel=entry.max_parallel,
        requests_per_minute=entry.requests_per_minute,
        tokens_per_minute=entry.tokens_per_minute,
    )
    provider, outcome = upsert(Provider, {"slug": entry.slug}, values)
    yield _Deed(f"provider {entry.slug}", outcome.value)
    if entry.credential is not None:
        is_new = save_credential(provider, entry.credential)
        kept = _STORED if is_new else Outcome.SAME.value
        yield _Deed(f"credential of {entry.slug}", kept)
    for model in entry.models:
        yield _apply_model(provider, model)


def _apply_model(provider: Provider, entry: ModelEntry) -> _Deed:
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
    if not ModelCard.objects.filter(alias=entry.alias).exists():
        values = _what_it_is(provider, entry) | values
    card, outcome = upsert(ModelCard, {"alias": entry.alias}, values)
    is_new_price = save_price(card, entry.price)
    if outcome is Outcome.SAME and is_new_price:
        return _Deed(f"model {entry.alias}", _NEW_PRICE)
    unpriced = "" if card.prices.exists() else " (unpriced)"
    return _Deed(f"model {entry.alias}", outcome.value, unpriced)


def _what_it_is(provider: Provider, entry: ModelEntry) -> dict[str, Any]:
    """What a new card says where the file says nothing: what is known of the name.

    Limits and prices are not among it: those a person takes, on the card's page.
    """
    known = suggest(entry.model, base_url=provider.base_url)
    return _given(
        family=known.family or None, size=known.size or None, reasoning=known.reasoning
    )


def _apply_budget(entry: BudgetEntry) -> _Deed:
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
    budget, outcome = upsert(Budget, key, limits)
    sync_buckets(budget)
    return _Deed(f"budget of {entry.scope}, {entry.window}", outcome.value)


def _apply_recipe(entry: RecipeEntry) -> _Deed:
    team = Team.objects.get(slug=entry.team)
    recipe, revision, is_new = save_revision(team, entry.document, None)
    if not is_new:
        return _Deed(f"recipe {recipe}", Outcome.SAME.value)
    return _Deed(f"recipe {recipe}", f"revision {revision.number}{_SAVED}")
