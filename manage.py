#!/usr/bin/env python
"""The site's command line. Reads `--data` before the settings load."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def adopt_data_directory(arguments: list[str]) -> None:
    """Let `--data DIR` of `up` win over MOA_DATA, which the settings read once."""
    for position, argument in enumerate(arguments):
        if argument == "--data" and position + 1 < len(arguments):
            chosen = arguments[position + 1]
        elif argument.startswith("--data="):
            chosen = argument.removeprefix("--data=")
        else:
            continue
        os.environ["MOA_DATA"] = str(Path(chosen).absolute())


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "moa_site.settings")
    if sys.argv[1:2] == ["up"]:
        adopt_data_directory(sys.argv[2:])
    from django.conf import settings  # noqa: PLC0415
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    try:
        _ = settings.INSTALLED_APPS
    except ImproperlyConfigured as fault:
        # Said here: the commands come from the settings that cannot be read.
        sys.stderr.write(f"{fault}\n")
        sys.exit(2)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
