"""From a recipe's document to the engine's plan, every problem placed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from playground.engine.errors import Problem, RecipeError
from playground.engine.plan import Plan, check_aliases, parse
from playground.recipes.documents import Document
from playground.web.refusals import Unprocessable


class RecipeRefused(Unprocessable):
    """The document is no recipe that can run; `problems` has (path, message) each."""

    code = "bad_recipe"

    def __init__(
        self, problems: Sequence[Problem], document: Document | None = None
    ) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(
            f"This recipe cannot run: {count}.",
            "; ".join(str(problem) for problem in problems),
            param=problems[0].path or None,
            problems=[_placed(problem, document) for problem in problems],
        )
        self.faults = tuple(problems)


def _placed(problem: Problem, document: Document | None) -> tuple[str, str]:
    line = document.line_of(problem.path) if document else None
    place = f"{problem.path} (line {line})" if line else problem.path
    return place, problem.message


def read_plan(document: Document, *, known: Iterable[str] | None = None) -> Plan:
    """The plan of a document; its models among `known` aliases, when given.

    Raises RecipeRefused with every problem, its path and its line.
    """
    try:
        plan = parse(document.content)
    except RecipeError as error:
        raise RecipeRefused(error.problems, document) from None
    problems = [] if known is None else check_aliases(plan, known)
    if problems:
        raise RecipeRefused(problems, document)
    return plan
