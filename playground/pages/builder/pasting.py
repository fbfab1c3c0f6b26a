"""A text that is to become a recipe: what it is, what is wrong with it, what it names."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict

from playground.catalog.queries import names_of_models
from playground.engine.errors import Problem, RecipeError
from playground.engine.plan import parse
from playground.live.drawing import Mini, mini_of
from playground.recipes.documents import (
    LARGEST_BYTES,
    Document,
    DocumentRefused,
    check_content,
    load_document,
)
from playground.recipes.foreign.naming import Guess, guesses, renamed
from playground.recipes.foreign.reading import read_foreign
from playground.recipes.outline import shape_problems
from playground.recipes.shape import schema_problems, unsaid


@dataclass(frozen=True, slots=True)
class Wrong:
    """A fault of a pasted text: its path and its line, as far as they are known."""

    message: str
    path: str = ""
    line: int | None = None


@dataclass
class Pasted:
    """A text that is to become a recipe, and what is wrong with it."""

    text: str = ""
    name: str = ""
    document: Document | None = None
    wrongs: list[Wrong] = field(default_factory=list)
    drawable: bool = False
    # Of another program: its name, and what its person should know.
    origin: str = ""
    told: tuple[str, ...] = ()

    def check(self) -> None:
        """Read the text, and collect all that is wrong with it."""
        try:
            self.document = self._read()
        except DocumentRefused as refused:
            self.wrongs.append(Wrong(refused.message, line=refused.line))
            return
        shape = shape_problems(self.document.content)
        self.drawable = not shape
        self.wrongs += [self._placed(each) for each in shape or self._faults()]

    def _read(self) -> Document:
        converted = read_foreign(self.text)
        if converted is None:
            return load_document(self.text)
        check_content(converted.content)
        self.origin, self.told = converted.origin, converted.told
        return Document(converted.content, "")

    def _faults(self) -> list[Problem]:
        content = self.document.content if self.document else {}
        said: tuple[Problem, ...] = ()
        try:
            parse(content)
        except RecipeError as error:
            said = error.problems
        return [*said, *unsaid(schema_problems(content), said)]

    def _placed(self, problem: Problem) -> Wrong:
        line = self.document.line_of(problem.path) if self.document else None
        return Wrong(problem.message, problem.path, line)

    @property
    def content(self) -> dict[str, Any]:
        """What the text says, as a document."""
        return self.document.content if self.document else {}

    @cached_property
    def guesses(self) -> list[Guess]:
        """Its models that the catalogue lacks, each with the alias that seems meant."""
        return guesses(self.content, names_of_models()) if self.drawable else []

    @property
    def needs_names(self) -> bool:
        """True when its person should choose models, or hear what was read."""
        return self.drawable and bool(self.origin or self.guesses)

    def chosen(self, form: QueryDict) -> dict[str, Any]:
        """The document with the models that a form chose by number."""
        catalogue = names_of_models()
        names = {
            guess.name: alias
            for place, guess in enumerate(self.guesses)
            if (alias := form.get(f"model-{place}", "")) in catalogue
        }
        return renamed(self.content, names)

    @property
    def mini(self) -> Mini | None:
        """A drawing of what it becomes, when it can run."""
        try:
            return mini_of(parse(self.content))
        except RecipeError:
            return None


def pasted_in(request: HttpRequest) -> Pasted | None:
    """The text that was pasted or uploaded; None when something else was chosen."""
    file = request.FILES.get("file")
    if isinstance(file, UploadedFile):
        return _from_file(file)
    if request.POST.get("from"):
        return None
    return Pasted(request.POST.get("text", "").replace("\r\n", "\n"))


def _from_file(file: UploadedFile[Any]) -> Pasted:
    name = (file.name or "")[:120]
    if (file.size or 0) > LARGEST_BYTES:
        most = f"{LARGEST_BYTES // 1024} KiB"
        return Pasted(name=name, wrongs=[Wrong(f"a document has at most {most}")])
    try:
        return Pasted(file.read().decode("utf-8-sig").replace("\r\n", "\n"), name)
    except UnicodeDecodeError:
        return Pasted(name=name, wrongs=[Wrong("this file is not text in UTF-8")])
