"""From a file's path to everything that it asks for, or everything wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from playground.engine.errors import Problem
from playground.engine.reading import Reader
from playground.provisioning.entries import Provision, RecipeEntry
from playground.provisioning.errors import Fault, ProvisionRefused
from playground.provisioning.format import (
    SCHEMA,
    read_budget,
    read_provider,
    read_team,
    read_user,
)
from playground.provisioning.secrets import Secrets
from playground.recipes.documents import Document, DocumentRefused, load_document

Entry = TypeVar("Entry")


class ProvisionFile:
    """One file, and the faults found in it and in the recipes that it names."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self._problems: list[Problem] = []
        self._document = self._load(path)

    def read(self, environment: Mapping[str, str]) -> Provision:
        """Every entry. Raises ProvisionRefused with all faults of form."""
        secrets = Secrets(environment)
        root = Reader(self._document.content, "", self._problems)
        root.require("schema", f"write `schema: {SCHEMA}`")
        root.one_of("schema", (SCHEMA,))
        provision = Provision(
            users=self._all(root, "users", lambda item: read_user(item, secrets)),
            teams=self._all(root, "teams", read_team),
            providers=self._all(
                root, "providers", lambda item: read_provider(item, secrets)
            ),
            budgets=self._all(root, "budgets", read_budget),
            recipes=self._recipes(root),
        )
        root.close()
        for problem in self._problems:
            self.complain(problem.path, problem.message)
        return provision

    def complain(self, path: str, message: str) -> None:
        """Note a fault of this file, with its line."""
        line = self._document.line_of(path)
        self.faults.append(Fault(str(self.path), line, path, message))

    def complain_of_recipe(self, entry: RecipeEntry, problem: Problem) -> None:
        """Note a fault of a recipe, in its own file when it has one."""
        if entry.file is None:
            path = f"{entry.path}.recipe.{problem.path}".rstrip(".")
            self.complain(path, problem.message)
            return
        line = entry.document.line_of(problem.path)
        self.faults.append(Fault(entry.file, line, problem.path, problem.message))

    def refuse_if_faulty(self) -> None:
        """Raise ProvisionRefused when anything was wrong, in the order of lines."""
        if self.faults:
            home = str(self.path)
            raise ProvisionRefused(
                sorted(
                    self.faults, key=lambda fault: (fault.file != home, fault.line or 0)
                )
            )

    def _load(self, path: Path) -> Document:
        try:
            return _load(path)
        except DocumentRefused as refusal:
            fault = Fault(str(path), refusal.line, "", refusal.message)
            raise ProvisionRefused([fault]) from None

    def _all(
        self, root: Reader, name: str, read: Callable[[Reader], Entry]
    ) -> tuple[Entry, ...]:
        readers = [
            Reader(item, path, self._problems) for path, item in root.items(name)
        ]
        return tuple(read(reader) for reader in readers if reader.sound)

    def _recipes(self, root: Reader) -> tuple[RecipeEntry, ...]:
        entries = self._all(root, "recipes", self._read_recipe)
        return tuple(entry for entry in entries if entry is not None)

    def _read_recipe(self, reader: Reader) -> RecipeEntry | None:
        reader.require("team", "the slug of the recipe's team")
        team = reader.text("team") or ""
        inline, file = reader.take("recipe"), reader.text("file")
        reader.close()
        if (inline is None) == (file is None):
            self._note(reader, "name either a `file` or a `recipe`")
            return None
        if isinstance(inline, dict):
            return RecipeEntry(reader.path, team, Document(inline, ""), None)
        if file is None:
            reader.complain("recipe", "must be a mapping: the recipe itself")
            return None
        return self._read_recipe_file(reader, team, file)

    def _note(self, reader: Reader, message: str) -> None:
        self._problems.append(Problem(reader.path, message))

    def _read_recipe_file(
        self, reader: Reader, team: str, file: str
    ) -> RecipeEntry | None:
        path = self.path.parent / file
        try:
            document = _load(path)
        except DocumentRefused as refusal:
            if refusal.line is None:
                reader.complain("file", f"{path}: {refusal.message}")
            else:
                self.faults.append(Fault(str(path), refusal.line, "", refusal.message))
            return None
        return RecipeEntry(reader.path, team, document, str(path))


def _load(path: Path) -> Document:
    try:
        return load_document(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DocumentRefused(f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DocumentRefused("cannot be read: it is not UTF-8 text") from None
