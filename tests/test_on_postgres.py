"""The tests of what locks, once more on PostgreSQL."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.sites import ROOT


@pytest.mark.timeout(240)
def test_what_locks_holds_on_postgresql(postgres_url: str) -> None:
    environment = {**os.environ, "DATABASE_URL": postgres_url}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-m",
        "locks",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [
            *command,
            "tests/runs",
            "tests/ledger",
            "tests/accounts",
            "tests/catalog",
            "tests/recipes",
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= 9
