"""moa-provision/1: all or nothing, upsert, every fault with its line."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from playground.accounts.models import Membership, User
from playground.catalog.clients import endpoint_of
from playground.catalog.models import ModelCard, Price, Provider
from playground.ledger.models import Budget
from playground.ledger.queries import all_budgets
from playground.recipes.models import Recipe, Revision

SECRET = "sk-canary-0123456789abcdef"
RECIPE = """schema: moa-recipe/1
slug: one
name: One
layers:
  - kind: draft
    slots:
      - {model: fast}
"""
FILE = """schema: moa-provision/1
users:
  - {username: ada, email: ada@example.org, password: env:ADA_PASSWORD, staff: true}
  - {username: ben, password: "ben rows"}
teams:
  - slug: research
    name: Research
    members:
      - {user: ada, role: admin}
      - {user: ben, role: member}
providers:
  - slug: stub
    name: The stub
    base_url: http://127.0.0.1:9001/v1
    local: true
    credential: env:STUB_KEY
    models:
      - {alias: fast, model: m-1, price: {input: 0.15, cached_input: 0.075, output: 0.60}}
      - {alias: free, model: m-2, price: 0, family: F, size: 1B, reasoning: true, good_at: [x]}
      - {alias: unpriced, model: m-3}
budgets:
  - {scope: site, window: month, usd: 500}
  - {scope: {member: ben, team: research}, window: day, usd: 1.50, runs: 50, parallel: 3}
  - {scope: {model: fast}, window: total, tokens: 1000}
recipes:
  - {team: research, file: recipe.yaml}
"""

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("encryption_key")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file that is good, and the environment that it needs."""
    monkeypatch.setenv("ADA_PASSWORD", "ada sings")
    monkeypatch.setenv("STUB_KEY", SECRET)
    (tmp_path / "provision.yaml").write_text(FILE)
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return tmp_path


def provision(folder: Path, *options: str) -> str:
    out = StringIO()
    call_command("provision", str(folder / "provision.yaml"), *options, stdout=out)
    return out.getvalue()


def refused(folder: Path, *options: str) -> str:
    with pytest.raises(CommandError) as caught:
        provision(folder, *options)
    assert caught.value.returncode == 2
    return str(caught.value)


def change(folder: Path, old: str, new: str, name: str = "provision.yaml") -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))


def row_counts() -> dict[str, int]:
    return {
        model.__name__: model._default_manager.count()
        for model in apps.get_app_config("playground").get_models()
    }


def test_file_makes_everything_that_it_names(folder: Path) -> None:
    output = provision(folder)
    ada, ben = User.objects.get(username="ada"), User.objects.get(username="ben")
    assert (ada.email, ada.is_staff, ada.check_password("ada sings")) == (
        "ada@example.org",
        True,
        True,
    )
    assert (ben.is_staff, ben.check_password("ben rows")) == (False, True)
    assert set(Membership.objects.values_list("user__username", "role")) == {
        ("ada", "admin"),
        ("ben", "member"),
    }
    endpoint = endpoint_of("stub")
    assert (endpoint.base_url, endpoint.local, endpoint.key) == (
        "http://127.0.0.1:9001/v1",
        True,
        SECRET,
    )
    assert set(ModelCard.objects.values_list("alias", flat=True)) == {
        "fast",
        "free",
        "unpriced",
    }
    assert not Price.objects.filter(card__alias="unpriced").exists()
    assert Price.objects.get(card__alias="free").output == 0
    assert str(Recipe.objects.get()) == "research/one"
    assert "model unpriced: made (unpriced)" in output
    assert SECRET not in output


def test_budgets_are_stored_and_said_not_to_be_enforced(folder: Path) -> None:
    output = provision(folder)
    assert [
        (row.team and row.team.slug, str(row.user), str(row.card), row.window)
        for row in all_budgets()
    ] == [
        (None, "None", "None", "month"),
        (None, "None", "fast", "total"),
        ("research", "ben", "None", "day"),
    ]
    day = Budget.objects.get(window="day")
    assert (day.usd_nanos, day.runs, day.parallel) == (1_500_000_000, 50, 3)
    assert output.count("not enforced yet") == 3


def test_second_time_changes_nothing(folder: Path) -> None:
    provision(folder)
    before = row_counts()
    output = provision(folder)
    assert row_counts() == before
    assert {
        line.rpartition(": ")[2].split(" (")[0] for line in output.splitlines()
    } == {"unchanged"}


def test_changes_are_applied_and_nothing_deleted(folder: Path) -> None:
    provision(folder)
    change(folder, "ada@example.org", "ada@new.example")
    change(folder, "output: 0.60", "output: 0.70")
    change(folder, "9001", "9002")
    change(
        folder,
        "      - {alias: free, model: m-2, price: 0, family: F, size: 1B, reasoning: true, good_at: [x]}\n",
        "",
    )
    change(folder, "name: One", "name: Uno", "recipe.yaml")
    output = provision(folder)
    assert User.objects.get(username="ada").email == "ada@new.example"
    assert Price.objects.filter(card__alias="fast").count() == 2
    assert Provider.objects.get().base_url.endswith(":9002/v1")
    assert ModelCard.objects.filter(alias="free").exists()
    assert list(Revision.objects.values_list("number", flat=True)) == [2, 1]
    for line in (
        "user ada: changed",
        "model fast: new price",
        "provider stub: changed",
    ):
        assert line in output


def test_password_counts_only_when_the_person_is_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provision(folder)
    monkeypatch.setenv("ADA_PASSWORD", "another")
    provision(folder)
    assert User.objects.get(username="ada").check_password("ada sings")


def test_check_says_the_same_and_writes_nothing(folder: Path) -> None:
    before = row_counts()
    output = provision(folder, "--check")
    assert "recipe research/one: revision 1 saved" in output
    assert "nothing was written" in output
    assert row_counts() == before


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_missing_variable_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.delenv("STUB_KEY")
    message = refused(folder, *options)
    assert "provision.yaml:16: providers[0].credential:" in message
    assert "STUB_KEY is not set" in message
    assert not User.objects.exists()


FAULTS: list[tuple[str, str, int, str]] = [
    ("schema: moa-provision/1", "schema: moa-provision/2", 1, "schema"),
    ("name: Research", "colour: red", 7, "teams[0].colour"),
    ("role: member", "role: boss", 10, "teams[0].members[1].role"),
    ("user: ben, role", "user: eve, role", 10, "no user eve"),
    ("email: ada@example.org", "email: nobody", 3, "users[0].email"),
    ("username: ben", "username: ada", 4, "already"),
    ("http://127.0.0.1:9001/v1", "ftp://x", 14, "providers[0].base_url"),
    ("local: true", "local: false", 14, "private address"),
    ("input: 0.15", "input: -1", 18, "models[0].price.input"),
    ("price: 0,", "price: 3,", 19, "models[1].price"),
    ("alias: free", "alias: fast", 19, "already"),
    ("window: month", "window: year", 22, "budgets[0].window"),
    ("usd: 500", "x_usd: 500", 22, "at least one of"),
    ("scope: site", "scope: {team: nope}", 22, "no team nope"),
    ("{member: ben, team: research}", "{member: ben}", 23, "scope"),
    ("scope: {model: fast}", "scope: {model: nope}", 24, "no model nope"),
    ("{team: research, file", "{team: nope, file", 26, "no team nope"),
    ("file: recipe.yaml", "file: nope.yaml", 26, "nope.yaml"),
    ("file: recipe.yaml", "x_file: recipe.yaml", 26, "either"),
]


@pytest.mark.parametrize("options", [(), ("--check",)])
@pytest.mark.parametrize(("old", "new", "line", "part"), FAULTS)
def test_fault_is_placed_and_nothing_written(
    folder: Path, old: str, new: str, line: int, part: str, options: tuple[str, ...]
) -> None:
    change(folder, old, new)
    before = row_counts()
    message = refused(folder, *options)
    assert f"provision.yaml:{line}: " in message
    assert part in message
    assert row_counts() == before


def test_all_faults_come_at_once(folder: Path) -> None:
    for old, new in (("role: member", "role: boss"), ("window: month", "window: year")):
        change(folder, old, new)
    change(folder, "model: fast", "model: slow", "recipe.yaml")
    message = refused(folder)
    assert [line.split(": ")[1] for line in message.splitlines()[:-1]] == [
        "teams[0].members[1].role",
        "budgets[0].window",
        "layers[0].slots[0].model",
    ]


def test_fault_of_a_recipe_is_placed_in_its_own_file(folder: Path) -> None:
    change(folder, "{model: fast}", "{model: fast, colour: red}", "recipe.yaml")
    assert "recipe.yaml:7: layers[0].slots[0].colour: unknown key" in refused(folder)


def test_fault_of_an_inline_recipe_is_placed_in_the_file(folder: Path) -> None:
    inline = "recipe: {schema: moa-recipe/1, slug: a, name: A, layers: []}"
    change(folder, "file: recipe.yaml", inline)
    assert "provision.yaml:26: recipes[0].recipe.layers" in refused(folder)


def test_inline_recipe_is_saved(folder: Path) -> None:
    inline = (
        "recipe: {schema: moa-recipe/1, slug: a, name: A, "
        "layers: [{kind: draft, slots: [{model: fast}]}]}"
    )
    change(folder, "file: recipe.yaml", inline)
    provision(folder)
    assert str(Recipe.objects.get()) == "research/a"


@pytest.mark.parametrize(
    ("text", "place"), [("a: 1\na: 2\n", ":2: "), ("a: [", ":"), ("- 1", ":1: ")]
)
def test_text_that_is_no_document_is_placed(
    folder: Path, text: str, place: str
) -> None:
    (folder / "provision.yaml").write_text(text)
    assert f"provision.yaml{place}" in refused(folder)


def test_missing_file_is_said(folder: Path) -> None:
    (folder / "provision.yaml").unlink()
    assert "cannot be read" in refused(folder)


@pytest.mark.parametrize("value", ["canary\\n", "can ary", "canary-ä"])
def test_credential_that_cannot_travel_is_refused_unseen(
    folder: Path, value: str
) -> None:
    change(folder, "env:STUB_KEY", f'"{value}"')
    message = refused(folder)
    assert "providers[0].credential" in message
    assert "canary" not in message


def test_credential_without_keys_is_not_stored(
    folder: Path, settings: Settings
) -> None:
    settings.MOA_ENCRYPTION_KEYS = []
    assert "MOA_ENCRYPTION_KEYS" in refused(folder)
    assert not User.objects.exists()
