"""Model cards: who may, what is suggested, what is saved, and what that changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from playground.accounts.models import Team, User
from playground.accounts.services import issue_token
from playground.catalog.models import ModelCard, Price, Provider
from playground.recipes.presets.catalogue import models_at_hand
from tests.runs.factories import a_member

pytestmark = pytest.mark.django_db
ADDRESS = "/models/mini/"
FORM = {
    "family": "Ours",
    "size": "8x22B",
    "reasoning": "on",
    "good_at": " aggregating, judging ,, aggregating",
    "context": "1000",
    "max_output": "100",
    "input": "0.5",
    "cached_input": "",
    "output": "1.25",
}


@pytest.fixture
def card() -> ModelCard:
    provider = Provider.objects.create(
        slug="openai", name="OpenAI", base_url="https://api.openai.com/v1"
    )
    return ModelCard.objects.create(
        alias="mini", provider=provider, model="gpt-5-mini", family="Mine"
    )


@pytest.fixture
def root(client: Client, card: ModelCard) -> User:
    """A site admin who is signed in; there is a card."""
    user = User.objects.create(username="root", is_staff=True)
    client.force_login(user)
    return user


def suggested(response: Any) -> dict[str, str]:
    rows = [row for part in PARTS for row in response.context[part]]
    return {row.name: row.suggested for row in rows if row.suggested}


PARTS = ("about", "limits", "prices")


def state(card: ModelCard) -> tuple[Any, ...]:
    card.refresh_from_db()
    return card.family, card.size, card.reasoning, card.good_at, card.context


@pytest.mark.parametrize("address", ["/models/", ADDRESS])
def test_cards_are_for_site_admins_signed_in(
    client: Client, card: ModelCard, address: str
) -> None:
    assert client.get(address).status_code == 302
    owner = a_member("ada", role="owner")
    client.force_login(owner)
    assert client.get(address).status_code == 403
    assert client.post(ADDRESS, FORM).status_code == 403
    User.objects.update(is_staff=True)
    _, secret = issue_token(owner, Team.objects.get(), "test")
    bearer = {"Authorization": f"Bearer {secret}"}
    assert Client().get(address, headers=bearer).status_code == 403
    assert client.get(address).status_code == 200
    assert state(card) == ("Mine", "", False, [], 8192)


def test_suggestions_stand_beside_what_says_otherwise(
    client: Client, root: User
) -> None:
    assert suggested(client.get(ADDRESS)) == {
        "family": "GPT",
        "size": "small",
        "reasoning": "yes",
        "context": "400,000",
        "max_output": "128,000",
        "input": "0.25",
        "cached_input": "0.025",
        "output": "2",
    }


def test_suggestion_is_taken_into_the_form_and_saves_nothing(
    client: Client, root: User, card: ModelCard
) -> None:
    typed = {**FORM, "family": "Typed", "take": "context"}
    page = client.post(ADDRESS, typed)
    values = {row.name: row.value for part in PARTS for row in page.context[part]}
    assert (values["family"], values["context"]) == ("Typed", 400_000)
    assert "context" not in suggested(page)
    assert state(card) == ("Mine", "", False, [], 8192)
    assert not Price.objects.exists()


def test_card_is_saved_as_typed_and_presets_go_by_it(
    client: Client, root: User, card: ModelCard
) -> None:
    response = client.post(ADDRESS, FORM)
    assert (response.status_code, response["Location"]) == (302, "/models/")
    told = ["aggregating", "judging"]
    assert state(card) == ("Ours", "8x22B", True, told, 1000)
    price = Price.objects.get()
    rates = (price.input, price.cached_input, price.output)
    assert rates == (Decimal("0.5"), None, Decimal("1.25"))
    [model] = models_at_hand()
    assert (model.family, model.parameters, model.good_at) == (
        "Ours",
        176_000_000_000,
        ("aggregating", "judging"),
    )
    page = client.get("/models/").content.decode()
    assert "mini is saved" in page
    assert "$1.25" in page


def test_same_form_again_changes_nothing(
    client: Client, root: User, card: ModelCard
) -> None:
    for _ in range(2):
        client.post(ADDRESS, FORM)
    assert Price.objects.count() == 1
    assert "says that already" in client.get("/models/").content.decode()


def test_price_keeps_its_tiers_and_is_not_taken_back(
    client: Client, root: User, card: ModelCard
) -> None:
    tiers = [{"above": "1000", "input": "9", "output": "9"}]
    Price.objects.create(card=card, input=1, output=1, tiers=tiers)
    client.post(ADDRESS, FORM)
    assert [price.tiers for price in Price.objects.all()] == [tiers, tiers]
    client.post(ADDRESS, {**FORM, "input": "", "output": ""})
    assert Price.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "typed", "error"),
    [
        ("size", "quite big", "Write a number of parameters"),
        ("size", "7", "Write a number of parameters"),
        ("context", "0", "greater than or equal to 1"),
        ("context", "", "required"),
        ("max_output", "many", "whole number"),
        ("output", "", "A price needs this, too"),
        ("input", "-1", "greater than or equal to 0"),
        ("input", "NaN", "number"),
        ("good_at", ",".join(map(str, range(13))), "At most 12 words"),
        ("family", "x" * 65, "at most 64"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    client: Client, root: User, card: ModelCard, field: str, typed: str, error: str
) -> None:
    response = client.post(ADDRESS, {**FORM, field: typed})
    rows = {row.name: row for part in PARTS for row in response.context[part]}
    assert response.status_code == 422
    assert error in " ".join(rows[field].errors)
    assert [name for name, row in rows.items() if row.errors] == [field]
    assert state(card) == ("Mine", "", False, [], 8192)


@pytest.mark.parametrize("alias", ["none", "a/b", "%00"])
def test_card_that_is_not_there_is_not_found(
    client: Client, root: User, alias: str
) -> None:
    assert client.get(f"/models/{alias}/").status_code == 404


def test_alias_with_a_slash_has_a_page(
    client: Client, root: User, card: ModelCard
) -> None:
    ModelCard.objects.create(alias="v/m.1:x", provider=card.provider, model="m")
    assert b"/models/v/m.1:x/" in client.get("/models/").content
    assert client.get("/models/v/m.1:x/").status_code == 200


def test_list_says_who_takes_which_role(client: Client, root: User) -> None:
    casting = client.get("/models/").context["casting"]
    assert {part.aliases for part in casting.parts} == {("mini",)}
    ModelCard.objects.create(
        alias="vast", provider=ModelCard.objects.get().provider, model="llama-405b"
    )
    casting = client.get("/models/").context["casting"]
    people = {part.role: part.people for part in casting.parts}
    assert (people["proposer"], people["router"]) == ("vast and mini", "mini")
    ModelCard.objects.all().delete()
    assert b"No model yet" in client.get("/models/").content


def test_list_asks_as_often_for_three_cards_as_for_one(
    client: Client,
    root: User,
    card: ModelCard,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(7) as first:
        client.get("/models/")
    for alias in ("x", "y"):
        ModelCard.objects.create(alias=alias, provider=card.provider, model="m")
    with django_assert_max_num_queries(len(first)):
        client.get("/models/")
