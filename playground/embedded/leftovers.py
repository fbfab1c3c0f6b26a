"""The list of children on disk, and the clearing of those that a kill -9 left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from playground.embedded.directory import DataDirectory, write_private
from playground.embedded.processes import Identity, end, identify

_PATIENCE_SECONDS = 4.0


class Register:
    """Which children live now, kept on disk for an `up` that comes after a kill."""

    def __init__(self, directory: DataDirectory) -> None:
        self._path = _children(directory)
        self._living: dict[str, Identity] = {}

    def enter(self, name: str, pid: int) -> None:
        """Remember a child that was just started."""
        identity = identify(pid)
        if identity:
            self._living[name] = identity
            self._write()

    def leave(self, name: str) -> None:
        """Forget a child that has ended."""
        if self._living.pop(name, None):
            self._write()

    def _write(self) -> None:
        write_private(
            self._path,
            [
                {"name": name, **identity.to_json()}
                for name, identity in self._living.items()
            ],
        )


def clear(directory: DataDirectory) -> list[str]:
    """End what an earlier `up` on this data left; the names of what was ended.

    Call it only while holding the directory's lock.
    """
    path = _children(directory)
    ended = []
    for name, identity in _listed(path):
        if identify(identity.pid) == identity:
            end(identity, patience=_PATIENCE_SECONDS)
            ended.append(name)
    path.unlink(missing_ok=True)
    return ended


def _children(directory: DataDirectory) -> Path:
    return directory.run / "children.json"


def _listed(path: Path) -> Iterator[tuple[str, Identity]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        yield from [(str(row["name"]), Identity.from_json(row)) for row in rows]
    except (OSError, ValueError, KeyError, TypeError):
        # An unreadable list proves nothing about any process.
        return
