"""moa-provision/1: all or nothing, upsert, and nothing is deleted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from playground.accounts.models import Membership, User
from playground.catalog.clients import endpoint_of
from playground.catalog.models import ModelCard, Price, Provider
from playground.engine.providers.limits import Limits
from playground.ledger.models import Budget
from playground.ledger.queries import all_budgets
from playground.recipes.models import Recipe, Revision
from tests.provisioning.filing import SECRET, change, provision, row_counts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("encryption_key")]


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


def test_limits_of_a_provider_are_stored_and_nought_is_none(folder: Path) -> None:
    given = "max_parallel: 0\n    requests_per_minute: 60\n    tokens_per_minute: 9000"
    change(folder, "    models:\n", f"    {given}\n    models:\n")
    provision(folder)
    endpoint = endpoint_of("stub")
    assert Limits.of(endpoint) == Limits(None, 60, 9000)


def test_budgets_are_stored(folder: Path) -> None:
    provision(folder)
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


def test_what_the_file_no_longer_says_stays_as_it_is(folder: Path) -> None:
    provision(folder)
    for old in (
        ", email: ada@example.org",
        ", staff: true",
        ", role: admin",
        "    name: Research\n",
        "    credential: env:STUB_KEY\n",
        ", price: {input: 0.15, cached_input: 0.075, output: 0.60}",
        ", family: F, size: 1B, reasoning: true, good_at: [x]",
        ", runs: 50",
    ):
        change(folder, old, "")
    output = provision(folder)
    assert ": changed" not in output
    assert "member ada of research (admin): unchanged" in output
    assert Budget.objects.get(window="day").runs == 50
    assert endpoint_of("stub").key == SECRET


def test_member_without_a_role_is_a_member(folder: Path) -> None:
    change(folder, ", role: admin", "")
    assert "member ada of research (member): made" in provision(folder)


def test_check_says_what_would_be_and_writes_nothing(folder: Path) -> None:
    before = row_counts()
    output = provision(folder, "--check")
    assert "nothing was written" in output
    for line in (
        "user ada: would be made",
        "credential of stub: would be stored",
        "recipe research/one: revision 1 would be saved",
    ):
        assert line in output.splitlines()
    assert row_counts() == before


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_recipe_that_cannot_keep_its_limit_is_warned_of(
    folder: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    limits = "name: One\nlimits: {max_cost_usd: 1}"
    change(folder, "name: One", limits, "recipe.yaml")
    provision(folder, *options)
    assert capsys.readouterr().err == ""
    change(folder, "model: fast", "model: unpriced", "recipe.yaml")
    provision(folder, *options)
    assert capsys.readouterr().err.startswith(
        "Warning: Recipe research/one cannot run: no price is known for unpriced"
    )


def test_inline_recipe_is_saved(folder: Path) -> None:
    inline = (
        "recipe: {schema: moa-recipe/1, slug: a, name: A, "
        "layers: [{kind: draft, slots: [{model: fast}]}]}"
    )
    change(folder, "file: recipe.yaml", inline)
    provision(folder)
    assert str(Recipe.objects.get()) == "research/a"


def test_json_inside_of_the_file_means_what_json_means(folder: Path) -> None:
    document = {
        "schema": "moa-recipe/1",
        "slug": "a",
        "name": "Smile 😀",
        "layers": [{"kind": "draft", "slots": [{"model": "fast"}]}],
    }
    change(folder, "file: recipe.yaml", f"recipe: {json.dumps(document)}")
    provision(folder)
    assert Revision.objects.get().document == document


def test_recipe_file_may_be_json(folder: Path) -> None:
    document = {
        "schema": "moa-recipe/1",
        "slug": "one",
        "name": "Smile 😀",
        "layers": [{"kind": "draft", "slots": [{"model": "fast"}]}],
    }
    (folder / "recipe.yaml").write_text(json.dumps(document, indent="\t"))
    provision(folder)
    assert Revision.objects.get().document == document


def test_new_model_is_described_by_what_is_known_where_the_file_is_silent(
    folder: Path,
) -> None:
    known = "{alias: mini, model: gpt-5-mini}"
    told = "{alias: told, model: gpt-5-mini, family: F, size: 1B, reasoning: false}"
    change(folder, "    models:\n", f"    models:\n      - {known}\n      - {told}\n")
    provision(folder)
    fields = ("alias", "family", "size", "reasoning", "context")
    assert set(ModelCard.objects.filter(model="gpt-5-mini").values_list(*fields)) == {
        ("mini", "GPT", "small", True, 8192),
        ("told", "F", "1B", False, 8192),
    }
    ModelCard.objects.filter(alias="mini").update(family="", reasoning=False)
    output = provision(folder)
    assert "model mini: unchanged" in output
    mini = ModelCard.objects.get(alias="mini")
    assert (mini.family, mini.reasoning) == ("", False)
    assert not mini.prices.exists()
