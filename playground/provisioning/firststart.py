"""What a site has from its first start: its owner, a team, the local model, presets."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.auth.hashers import make_password
from django.db import transaction

from playground.accounts.models import Membership, Role, Team, User
from playground.accounts.services import issue_signin_link
from playground.catalog.models import ModelCard, Provider
from playground.catalog.services import save_price
from playground.db.upserts import upsert
from playground.embedded.local_model import LocalModel
from playground.engine.pricing import Price
from playground.recipes.models import Recipe
from playground.recipes.presets.binding import bind
from playground.recipes.presets.catalogue import models_at_hand
from playground.recipes.presets.files import FIRST
from playground.recipes.services import keep_preset

OWNER = "owner"
HOME = "home"
LOCAL_ALIAS = "smollm2-135m"
_FREE = Price(input=Decimal(0), output=Decimal(0))
# What comes in has room too: six references as long as a draft may be, and a prompt.
# The server ends a text at its context's end and says no more than that it is long.
_OUTPUT_SHARE = 8


def prepare(local_model: LocalModel | None) -> str:
    """Make what is missing; the path of a fresh sign-in link for the owner.

    Runs at every start. What is said of the local model is set anew, because it follows
    from its server; the rest belongs to the people of the site.
    """
    with transaction.atomic():
        owner = _owner()
        _home(owner)
        if local_model is not None:
            _save_local_model(local_model)
        ensure_presets()
        return issue_signin_link(owner)


def _owner() -> User:
    owner, _ = User.objects.get_or_create(
        username=OWNER,
        defaults={
            "is_staff": True,
            "is_superuser": True,
            "password": make_password(None),
        },
    )
    return owner


def _home(owner: User) -> None:
    team, is_new = Team.objects.get_or_create(slug=HOME, defaults={"name": "My team"})
    if is_new:
        Membership.objects.create(user=owner, team=team, role=Role.OWNER)


def _save_local_model(local_model: LocalModel) -> None:
    provider, _ = upsert(
        Provider,
        {"slug": _local_slug()},
        {
            "name": "This machine",
            "base_url": local_model.base_url.rstrip("/"),
            "local": True,
            "keep_alive": False,
            "max_parallel": local_model.max_parallel,
        },
    )
    card, _ = upsert(
        ModelCard,
        {"alias": LOCAL_ALIAS},
        {
            "provider": provider,
            "model": local_model.model,
            "context": local_model.context,
            "max_output": local_model.context // _OUTPUT_SHARE,
            "family": "SmolLM2",
            "size": "135M",
        },
    )
    save_price(card, _FREE)


def _local_slug() -> str:
    # An admin may have provisioned a `local` of their own: that one is not ours.
    theirs = Provider.objects.filter(slug="local").exclude(cards__alias=LOCAL_ALIAS)
    return "local-model" if theirs.exists() else "local"


def ensure_presets() -> list[Recipe]:
    """Make the first presets that the home team lacks, once a model exists.

    A preset that is there is left alone, whatever became of it.
    """
    home = Team.objects.filter(slug=HOME).first()
    models = models_at_hand()
    if home is None or not models:
        return []
    taken = set(home.recipes.values_list("slug", flat=True))
    return [
        keep_preset(home, bind(slug, models).document).recipe
        for slug in FIRST
        if slug not in taken
    ]
