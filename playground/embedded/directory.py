"""The data directory: its rooms, the lock that keeps a second `up` out, its keys.

Everything that names a secret or an address is written privately and in one piece.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playground.embedded.errors import StartError


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """Where this installation keeps what it needs for itself."""

    root: Path

    @property
    def run(self) -> Path:
        """Sockets and the list of children; for the owner's eyes only."""
        return self.root / "run"

    @property
    def logs(self) -> Path:
        """One file for each part."""
        return self.root / "logs"

    @property
    def models(self) -> Path:
        """The local model's file."""
        return self.root / "models"

    @property
    def valkey(self) -> Path:
        """Valkey's configuration and its append-only file."""
        return self.root / "valkey"

    @property
    def rooms(self) -> tuple[Path, ...]:
        """The folders in it."""
        return (self.logs, self.models, self.run, self.valkey)

    @property
    def facts(self) -> Path:
        """What other commands must know of the running instance."""
        return self.root / "embedded.json"

    @property
    def secrets(self) -> Path:
        """The keys of this installation; whoever loses it loses the credentials."""
        return self.root / "secrets.json"

    @property
    def lock(self) -> Path:
        """Held by the one `up` that runs on this data."""
        return self.root / "up.lock"


@contextmanager
def new_rooms(root: Path) -> Iterator[DataDirectory]:
    """The opened directory; a refusal within takes away what was made for it.

    Only empty folders and the lock go: nothing that somebody could miss. Raises
    StartError.
    """
    directory = DataDirectory(root)
    places = (directory.lock, *directory.rooms, root, *root.parents)
    missing = [path for path in places if not path.exists()]
    try:
        yield open_directory(root)
    except StartError:
        for path in missing:
            with suppress(OSError):
                path.unlink() if path == directory.lock else path.rmdir()
        raise


def open_directory(root: Path) -> DataDirectory:
    """Make what is missing. Raises StartError where nothing can be written."""
    directory = DataDirectory(root)
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for room in directory.rooms:
            room.mkdir(mode=0o700, exist_ok=True)
            room.chmod(0o700)
        with tempfile.TemporaryFile(dir=root):
            pass
    except OSError as error:
        raise StartError(
            f"Cannot write to the data directory {root} ({error.strerror}). "
            "Choose another with --data or MOA_DATA."
        ) from error
    return directory


@contextmanager
def hold(directory: DataDirectory) -> Iterator[None]:
    """Keep every other `up` off this data. Raises StartError when one is there."""
    descriptor = os.open(directory.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
            raise StartError(
                f"Another `up` (process {holder or 'unknown'}) already runs on "
                f"{directory.root}. Stop it, or give this one its own --data."
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def write_private(path: Path, content: Mapping[str, object] | list[object]) -> None:
    """Replace a JSON file at once; only its owner may read it."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def ensure_secrets(directory: DataDirectory) -> dict[str, str]:
    """The keys of this installation, made once. Never replaces what is there."""
    if directory.secrets.exists():
        return _read_secrets(directory.secrets)
    made = {
        "secret_key": secrets.token_urlsafe(48),
        "encryption_keys": base64.urlsafe_b64encode(os.urandom(32)).decode(),
    }
    write_private(directory.secrets, made)
    return made


def _read_secrets(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {key: str(content[key]) for key in ("secret_key", "encryption_keys")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StartError(
            f"{path} cannot be read. Restore it from a backup: credentials cannot be "
            "read without the keys that it held."
        ) from error
