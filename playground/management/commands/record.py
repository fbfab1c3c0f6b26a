"""`manage.py record RUN`: a run that has ended, as a file from which it can be replayed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from django.core.management.base import CommandParser

from playground.db.commands import DatabaseCommand, UsageError
from playground.runs.models import Run
from playground.runs.recorded import recording_of


class Command(DatabaseCommand):
    """Prints moa-recorded/1: what playground/runs/recorded/ holds."""

    help = "Print a run that has ended with all that its replay needs."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which run."""
        parser.add_argument("run", metavar="RUN", type=UUID, help="its id")

    def handle(self, *_: Any, **options: Any) -> None:
        """One line for each thing said, so that files can be compared."""
        run = Run.objects.filter(pk=options["run"]).first()
        if run is None:
            raise UsageError(f"There is no run {options['run']}.")
        if run.is_open:
            raise UsageError("The run still goes on.")
        content = recording_of(run)
        if not content["feed"]:
            raise UsageError("What the run said as it ran was not kept.")
        self.stdout.write(_lines(content))


def _lines(content: dict[str, Any]) -> str:
    parts = []
    for name, value in content.items():
        if isinstance(value, list):
            rows = ",\n  ".join(orjson.dumps(each).decode() for each in value)
            parts.append(f'"{name}": [\n  {rows}\n]')
        else:
            parts.append(f'"{name}": {orjson.dumps(value).decode()}')
    return "{" + ",\n".join(parts) + "}"
