"""A base for commands that need the database: says where it looked when there is none."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection


class UsageError(CommandError):
    """The person at the terminal can mend it; the command exits with 2."""

    def __init__(self, message: str) -> None:
        super().__init__(message, returncode=2)


class DatabaseCommand(BaseCommand):
    """`execute` refuses, with exit code 2, where no migrated database is.

    At a terminal a refusal is its message alone: Django would put the class before it.
    """

    requires_system_checks = []

    def execute(self, *arguments: Any, **options: Any) -> str | None:
        """Run the command, after a look whether there is anything to run it on."""
        try:
            require_database()
            return super().execute(*arguments, **options)
        except CommandError as refusal:
            at_terminal = getattr(self, "_called_from_command_line", False)
            if not at_terminal or options.get("traceback"):
                raise
            self.stderr.write(str(refusal))
            sys.exit(refusal.returncode)


def require_database() -> None:
    """Raise UsageError unless the database has the site's tables."""
    if _missing_file() or not _has_tables():
        raise UsageError(f"No database in {_place()}: is MOA_DATA set?")


def _missing_file() -> bool:
    # Asked before connecting: SQLite would make an empty file.
    if connection.vendor != "sqlite":
        return False
    name = str(connection.settings_dict["NAME"])
    in_memory = name == ":memory:" or name.startswith("file:")
    return not in_memory and not Path(name).is_file()


def _has_tables() -> bool:
    try:
        return "playground_user" in connection.introspection.table_names()
    except DatabaseError:
        return False


def _place() -> str:
    if connection.vendor == "sqlite":
        return str(Path(connection.settings_dict["NAME"]).parent)
    return f"DATABASE_URL ({connection.settings_dict['HOST'] or 'local socket'})"
