"""Files that are wrong: every fault at once, with its line, and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.provisioning.filing import change, refused, row_counts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("encryption_key")]


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
