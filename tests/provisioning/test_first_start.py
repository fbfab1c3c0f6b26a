"""The first start: owner, home, the local model, presets; and every later one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client

from playground.accounts.models import Membership, Role, Team, User
from playground.catalog.models import ModelCard, Price, Provider
from playground.catalog.queries import cards_for
from playground.embedded.local_model import LocalModel
from playground.embedded.model_server import CONTEXT_TOKENS
from playground.provisioning.firststart import ensure_presets, prepare
from playground.recipes.models import Recipe, Revision

pytestmark = pytest.mark.django_db
LOCAL = LocalModel("http://127.0.0.1:4321/v1", "smollm2", 2048, 4)
SLUGS = ["single", "moa-lite-2-1", "two-rounds"]


def test_first_start_makes_owner_and_home() -> None:
    prepare(None)
    owner = User.objects.get()
    assert (owner.username, owner.is_staff, owner.has_usable_password()) == (
        "owner",
        True,
        False,
    )
    assert Membership.objects.get().role == Role.OWNER
    assert Team.objects.get().slug == "home"


def test_link_signs_the_owner_in(client: Client) -> None:
    client.post(prepare(None))
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)


def test_local_model_is_free_and_on_this_machine() -> None:
    prepare(LOCAL)
    provider = Provider.objects.get()
    assert (provider.slug, provider.base_url, provider.local) == (
        "local",
        LOCAL.base_url,
        True,
    )
    assert (provider.keep_alive, provider.max_parallel) == (False, 4)
    card = cards_for(["smollm2-135m"])["smollm2-135m"]
    assert (card.model, card.context, card.max_output) == ("smollm2", 2048, 256)
    assert card.price is not None
    assert (card.price.input, card.price.output) == (0, 0)


def test_presets_are_bound_to_the_local_model() -> None:
    prepare(LOCAL)
    assert [row.slug for row in Recipe.objects.order_by("pk")] == SLUGS
    assert {row.preset for row in Recipe.objects.all()} == {True}
    assert {
        slot["model"]
        for revision in Revision.objects.all()
        for layer in revision.document["layers"]
        for slot in layer["slots"]
    } == {"smollm2-135m"}


def test_presets_leave_room_for_their_references() -> None:
    prepare(replace(LOCAL, context=CONTEXT_TOKENS))
    card = ModelCard.objects.get()
    for revision in Revision.objects.all():
        layers = revision.document["layers"]
        sizes = [
            [slot["params"]["max_tokens"] for slot in layer["slots"]]
            for layer in layers
        ]
        assert max(map(max, sizes)) <= card.max_output
    six_references = 6 * card.max_output
    assert six_references + card.max_output < card.context


def test_later_start_moves_the_address_and_repeats_nothing() -> None:
    first = prepare(LOCAL)
    second = prepare(replace(LOCAL, base_url="http://127.0.0.1:5432/v1"))
    assert first != second
    assert Provider.objects.get().base_url == "http://127.0.0.1:5432/v1"
    counts = [model.objects.count() for model in (User, Team, ModelCard, Price)]
    assert counts == [1, 1, 1, 1]
    assert Revision.objects.count() == 3


def test_later_start_gives_nobody_new_powers() -> None:
    prepare(LOCAL)
    User.objects.update(is_staff=False, email="me@example.org")
    Team.objects.update(name="Ours")
    prepare(LOCAL)
    owner = User.objects.get()
    assert (owner.is_staff, owner.email) == (False, "me@example.org")
    assert Team.objects.get().name == "Ours"


def test_presets_wait_for_a_model() -> None:
    prepare(None)
    assert not Recipe.objects.exists()
    provider = Provider.objects.create(slug="p", name="P", base_url="https://p.example")
    for alias in ("x", "y"):
        ModelCard.objects.create(alias=alias, provider=provider, model=alias)
    assert [row.slug for row in ensure_presets()] == SLUGS
    lite = Revision.objects.get(recipe__slug="moa-lite-2-1").document
    assert [slot["model"] for slot in lite["layers"][0]["slots"]] == ["x", "y"]
    assert ensure_presets() == []


def test_local_provider_of_an_admin_is_left_alone() -> None:
    Provider.objects.create(slug="local", name="Ours", base_url="http://10.0.0.1/v1")
    prepare(LOCAL)
    assert Provider.objects.get(slug="local").base_url == "http://10.0.0.1/v1"
    assert ModelCard.objects.get().provider.slug == "local-model"
    prepare(LOCAL)
    assert Provider.objects.count() == 2
