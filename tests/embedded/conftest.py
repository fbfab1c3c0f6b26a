"""A data directory, a voice that can be read back, and parts that are tiny programs."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from playground.embedded.directory import DataDirectory, open_directory
from playground.embedded.parts import Part
from playground.embedded.speech import Speech
from playground.embedded.supervisor import Supervisor


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    return open_directory(tmp_path / "data")


@pytest.fixture
def spoken() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def speech(spoken: io.StringIO) -> Speech:
    return Speech(spoken)


@pytest.fixture
def supervisor(directory: DataDirectory, speech: Speech) -> Iterator[Supervisor]:
    supervisor = Supervisor(directory, speech, environment=os.environ)
    yield supervisor
    supervisor.stop()


def script(name: str, program: str, *, tier: int = 0, patience: float = 5.0) -> Part:
    """A part that runs a line of Python."""
    return Part(
        name=name,
        command=(sys.executable, "-c", program),
        tier=tier,
        patience_seconds=patience,
    )


def eventually(condition: Callable[[], object], *, seconds: float = 10.0) -> bool:
    """True as soon as the condition holds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())
