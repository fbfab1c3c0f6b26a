"""What this process knows of models' requests: from the database, and from refusals.

Read anew for each run that is claimed, so what an admin forgot is forgotten here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from playground.catalog.queries import lessons_of
from playground.engine.lessons import Lesson
from playground.runs.models import Run


class Lessons:
    """By provider and model, what is not taken. Shared by the runs of a process."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], frozenset[Lesson]] = {}

    def read(self, run: Run) -> None:
        """Take over what the database knows of the run's models. In a reader's thread."""
        models = {(card["provider"], card["model"]) for card in run.cards.values()}
        found = lessons_of(model for _, model in models)
        for each in models:
            self._known[each] = frozenset(found.get(each, ()))

    def note(self, provider: str, model: str, lesson: Lesson) -> None:
        """A refusal told something: all runs of this process know it at once."""
        place = provider, model
        self._known[place] = self._known.get(place, frozenset()) | {lesson}

    def of(self, run: Run) -> Callable[[str], Iterable[Lesson]]:
        """What is known of the models of one run, by alias."""

        def learned(alias: str) -> Iterable[Lesson]:
            card = run.cards[alias]
            return self._known.get((card["provider"], card["model"]), ())

        return learned
