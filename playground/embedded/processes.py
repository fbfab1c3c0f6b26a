"""Child processes that die with their parent, and proof of who a process is."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Self

_PR_SET_PDEATHSIG = 1
_STARTED_AT = 19  # field 22 of /proc/PID/stat, counted after the program's name
_DEAD = (b"Z", b"X")  # its files are closed, only its number is left
_GLANCE_SECONDS = 0.02

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Identity:
    """One process and no other: a pid comes back, this combination does not."""

    pid: int
    started: int
    boot: str
    program: str

    @classmethod
    def from_json(cls, content: Mapping[str, object]) -> Self:
        """Raises KeyError or ValueError for what no `to_json` wrote."""
        return cls(
            pid=int(str(content["pid"])),
            started=int(str(content["started"])),
            boot=str(content["boot"]),
            program=str(content["program"]),
        )

    def to_json(self) -> dict[str, object]:
        """The same as plain JSON values."""
        return asdict(self)


def identify(pid: int) -> Identity | None:
    """Who runs under this pid; None when nobody does (or it only awaits its parent)."""
    try:
        program = str((Path("/proc") / str(pid) / "exe").readlink())
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except OSError:
        return None
    started = _start_of(pid)
    if started is None:
        return None
    return Identity(pid, started, boot.strip(), program.removesuffix(" (deleted)"))


def _start_of(pid: int) -> int | None:
    """Clock ticks from boot to the start of the process that runs under this pid."""
    try:
        stat = (Path("/proc") / str(pid) / "stat").read_bytes()
        # The name stands in parentheses and may hold any byte, blanks included.
        fields = stat.rpartition(b")")[2].split()
        return None if fields[0] in _DEAD else int(fields[_STARTED_AT])
    except (OSError, IndexError, ValueError):
        return None


def end(identity: Identity, *, patience: float) -> None:
    """Ask the process to end, then make it. Touches nobody else under the same pid."""
    for means in (signal.SIGTERM, signal.SIGKILL):
        if identify(identity.pid) != identity:
            return
        try:
            os.kill(identity.pid, means)
        except ProcessLookupError:
            return
        _await_end(identity, patience)


def _await_end(identity: Identity, patience: float) -> None:
    # By its start alone: a process that is just ending has lost its program, and still
    # holds its sockets.
    until = time.monotonic() + patience
    while time.monotonic() < until and _start_of(identity.pid) == identity.started:
        time.sleep(_GLANCE_SECONDS)


def spawn(
    command: Sequence[str],
    *,
    output: BinaryIO,
    environment: Mapping[str, str],
    at_death: signal.Signals,
    niceness: int = 0,
    handed: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child that gets `at_death` when this process ends, however it ends.

    Only from the main thread: the kernel watches the thread that spawned. The child
    leads its own session, so that Ctrl-C reaches `up` alone and parts stop in order.
    """
    parent = os.getpid()

    def settle() -> None:
        if sys.platform == "linux":
            _libc.prctl(_PR_SET_PDEATHSIG, at_death)
        if os.getppid() != parent:  # it ended before the kernel knew
            os._exit(1)
        os.nice(niceness)

    return subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(environment),
        pass_fds=tuple(handed),
        start_new_session=True,
        preexec_fn=settle,  # noqa: PLW1509  # one thread, and nothing is allocated
    )
