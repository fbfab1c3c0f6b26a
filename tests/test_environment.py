"""Knobs that name what cannot be read: one line, before any command speaks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sites import ROOT


def told_by(command: str, data: Path, **knobs: str) -> tuple[int, str]:
    """The exit code and what was said on stderr."""
    environment = {**os.environ, "MOA_DATA": str(data), **knobs}
    done = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.mark.parametrize("command", ["up", "signin", "check"])
def test_missing_file_of_a_knob_is_said_in_one_line(
    tmp_path: Path, command: str
) -> None:
    missing = tmp_path / "no-such-file"
    assert told_by(command, tmp_path, SECRET_KEY_FILE=str(missing)) == (
        2,
        f"SECRET_KEY_FILE names {missing}, which cannot be read: "
        "No such file or directory\n",
    )


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "cannot be read: Is a directory"),
        (b" \n", "is empty"),
        (b"\xff", "UTF-8"),
    ],
    ids=["folder", "empty", "binary"],
)
def test_file_that_holds_no_value_is_said(
    tmp_path: Path, content: bytes | None, fault: str
) -> None:
    path = tmp_path / "redis"
    path.mkdir() if content is None else path.write_bytes(content)
    code, said = told_by("signin", tmp_path, REDIS_URL_FILE=str(path))
    assert (code, said.count("\n")) == (2, 1)
    assert said.startswith(f"REDIS_URL_FILE names {path}, which ")
    assert fault in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MOA_WORKER_RUNS", "many"),
        ("DATABASE_URL", "canary"),
        ("REDIS_URL", "redis://:canary@redis:port/0"),
        ("EMAIL_URL", "smtp://me:canary@mail:port"),
        ("SITE_URL", "https://[canary"),
    ],
)
def test_value_that_means_nothing_names_its_knob(
    tmp_path: Path, name: str, value: str
) -> None:
    code, said = told_by("signin", tmp_path, **{name: value})
    assert (code, said.count("\n")) == (2, 1)
    assert said.startswith(f"{name} ")
    # An address may hold a password.
    assert "canary" not in said


def test_value_comes_from_the_named_file(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    path = tmp_path / "data"
    path.write_text(f"{elsewhere}\n")
    code, said = told_by("signin", tmp_path, MOA_DATA="", MOA_DATA_FILE=str(path))
    assert (code, said) == (
        2,
        f"No database in {elsewhere}: is MOA_DATA set?\n",
    )
