"""`manage.py provision FILE [--check]`: bring the site to what a YAML file says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from playground.catalog.secrets import KeyringError
from playground.db.commands import DatabaseCommand, UsageError
from playground.provisioning.errors import ProvisionRefused
from playground.provisioning.firststart import ensure_presets
from playground.provisioning.services import (
    apply_provision,
    read_provision,
    warnings_of,
)


class Command(DatabaseCommand):
    """Applies a moa-provision/1 file, all or nothing."""

    help = "Apply a provisioning file (moa-provision/1): all of it or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and whether to look only."""
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument(
            "--check", action="store_true", help="Say what would change; write nothing."
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Print a line for each thing that was made, changed or left."""
        is_check = options["check"]
        try:
            provision = read_provision(options["file"], environment=os.environ)
            lines = apply_provision(provision, is_check=is_check)
        except (ProvisionRefused, KeyringError) as refused:
            raise UsageError(_shown(refused)) from None
        for line in lines:
            self.stdout.write(line)
        for warning in warnings_of(provision):
            self.stderr.write(f"Warning: {warning}")
        if is_check:
            self.stdout.write("Checked; nothing was written.")
            return
        for recipe in ensure_presets():
            self.stdout.write(f"preset {recipe}: made")


def _shown(refused: ProvisionRefused | KeyringError) -> str:
    if isinstance(refused, KeyringError):
        return str(refused)
    return f"{refused.hint}\n{refused.headline}"
