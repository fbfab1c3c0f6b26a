"""The data directory: rooms, lock, keys."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from playground.embedded.directory import (
    DataDirectory,
    ensure_secrets,
    hold,
    new_rooms,
    open_directory,
    write_private,
)
from playground.embedded.errors import StartError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_directory_is_made_with_private_rooms(tmp_path: Path) -> None:
    directory = open_directory(tmp_path / "deep" / "data")

    assert mode(directory.root) == 0o700
    assert {
        mode(room)
        for room in (directory.run, directory.valkey, directory.logs, directory.models)
    } == {0o700}
    assert directory.logs.is_dir()
    assert directory.models.is_dir()


def test_directory_below_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StartError, match=r"Cannot write to .*file/data.*--data") as it:
        open_directory(tmp_path / "file" / "data")

    assert "\n" not in str(it.value)


def test_refused_start_takes_away_what_it_made(tmp_path: Path) -> None:
    with (
        pytest.raises(StartError, match="taken"),
        new_rooms(tmp_path / "deep" / "data") as directory,
        hold(directory),
    ):
        raise StartError("The port is taken.")

    assert list(tmp_path.iterdir()) == []


def test_refused_start_leaves_what_was_there(directory: DataDirectory) -> None:
    (directory.root / "moa.sqlite3").touch()
    with pytest.raises(StartError), new_rooms(directory.root), hold(directory):
        raise StartError("The port is taken.")

    assert {path.name for path in directory.root.iterdir()} == {
        *("moa.sqlite3", "logs", "models", "run", "valkey")
    }


def test_lock_is_refused_while_held_and_names_the_holder(
    directory: DataDirectory,
) -> None:
    with (
        hold(directory),
        pytest.raises(StartError, match=rf"process {os.getpid()}\)"),
        hold(directory),
    ):
        pass

    with hold(directory):
        assert (directory.root / "up.lock").read_text() == str(os.getpid())


def test_secrets_are_made_once_and_private(directory: DataDirectory) -> None:
    made = ensure_secrets(directory)

    assert ensure_secrets(directory) == made
    assert mode(directory.secrets) == 0o600
    assert len(made["secret_key"]) >= 50
    assert len(made["encryption_keys"]) == 44


def test_secrets_that_cannot_be_read_are_never_replaced(
    directory: DataDirectory,
) -> None:
    directory.secrets.write_text('{"secret_key": "only')

    with pytest.raises(StartError, match="Restore it from a backup"):
        ensure_secrets(directory)

    assert directory.secrets.read_text() == '{"secret_key": "only'


def test_private_file_is_whole_or_as_before(directory: DataDirectory) -> None:
    write_private(directory.facts, {"redis_url": "unix:///a"})

    with pytest.raises(TypeError):
        write_private(directory.facts, {"redis_url": object()})

    assert directory.facts.read_text() == '{\n "redis_url": "unix:///a"\n}'
    assert [path.name for path in directory.root.glob(".*")] == []
