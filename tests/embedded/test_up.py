"""`manage.py up`, whole: ready, alone on its data, gone without a trace."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from playground.embedded.processes import identify
from tests.embedded.conftest import eventually

REPOSITORY = Path(__file__).resolve().parent.parent.parent
KNOBS = (
    *("MOA_DATA", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "MOA_ENCRYPTION_KEYS"),
    *("ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "SITE_URL", "DEBUG"),
)


class Up:
    """One running `up` and what it said."""

    def __init__(self, process: subprocess.Popen[str], data: Path) -> None:
        self.process = process
        self.data = data
        self.lines: list[str] = []

    def hear(self, start: str) -> str:
        """Read on until a line begins so; the rest of that line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if line.startswith(start):
                return line.removeprefix(start).strip()
        pytest.fail(f"`up` never said {start!r}: {self.lines}")

    def children(self) -> dict[str, int]:
        """The pid of each part, as the next start would find it."""
        rows = json.loads((self.data / "run" / "children.json").read_text())
        return {row["name"]: row["pid"] for row in rows}


def command(data: Path, *more: str) -> list[str]:
    manage = str(REPOSITORY / "manage.py")
    return [
        sys.executable,
        manage,
        "up",
        "--data",
        str(data),
        "--no-local-model",
        *more,
    ]


def environment(**more: str) -> dict[str, str]:
    bare = {key: value for key, value in os.environ.items() if key not in KNOBS}
    return {**bare, **more}


@contextmanager
def running(data: Path, *more: str, **knobs: str) -> Iterator[Up]:
    process = subprocess.Popen(
        command(data, *(more or ("--port", "0"))),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(**knobs),
        cwd=data.parent,
    )
    with process:
        try:
            yield Up(process, data)
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory whose database has its tables, as after a first start."""
    data = tmp_path_factory.mktemp("up") / "data"
    data.mkdir(mode=0o755)
    with running(data) as up:
        up.hear("Ready: ")
    return data


def refusal(data: Path, *more: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        command(data, *more),
        capture_output=True,
        text=True,
        env=environment(),
        timeout=30,
        check=False,
    )
    return done.returncode, done.stderr.splitlines()


def status(url: str, path: str) -> int:
    connection = http.client.HTTPConnection(url.split("/")[2], timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse().status
    connection.close()
    return answer


def gone(children: dict[str, int]) -> bool:
    return all(identify(pid) is None for pid in children.values())


def test_second_start_is_ready_in_six_seconds_with_a_link_that_works(
    data: Path,
) -> None:
    began = time.monotonic()
    with running(data) as up:
        url = up.hear("Ready: ")
        took = time.monotonic() - began
        link = up.hear("Sign in, once: ")

        assert took <= 6
        assert status(url, "/readyz") == 200
        assert link.startswith(url)
        assert status(url, link.removeprefix(url.rstrip("/"))) in {200, 302}
        assert set(up.children()) == {"valkey", "worker 1", "web 1"}


def test_what_a_directory_of_others_holds_is_the_owners_alone(data: Path) -> None:
    files = [*data.glob("moa.sqlite3*"), *data.glob("logs/*"), *data.glob("valkey/*")]
    assert files
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_stops_everything_with_exit_0(
    data: Path, number: signal.Signals
) -> None:
    with running(data) as up:
        up.hear("Ctrl-C stops everything.")
        children = up.children()
        up.process.send_signal(number)
        up.hear("Stopped.")

        assert up.process.wait(10) == 0
        assert gone(children)
        assert not (data / "embedded.json").exists()


def test_up_whose_reader_left_still_stops_in_order(data: Path) -> None:
    with running(data) as up:
        up.hear("Ctrl-C stops everything.")
        children = up.children()
        assert up.process.stdout is not None
        up.process.stdout.close()
        up.process.terminate()

        assert up.process.wait(10) == 0
        assert gone(children)
        assert not (data / "embedded.json").exists()


def test_children_of_a_killed_up_die_and_the_next_start_is_clean(data: Path) -> None:
    with running(data) as up:
        up.hear("Ctrl-C stops everything.")
        children = up.children()
        up.process.kill()

        assert eventually(lambda: gone(children), seconds=5)
    with running(data) as again:
        again.hear("Ready: ")


def test_next_start_clears_a_child_that_outlived_its_up(data: Path) -> None:
    with running(data) as up:
        up.hear("Ctrl-C stops everything.")
        worker = up.children()["worker 1"]
        os.kill(worker, signal.SIGSTOP)
        up.process.kill()
        up.process.wait()
        assert identify(worker) is not None

        with running(data) as again:
            again.hear("Ended worker 1, which an earlier start had left behind.")
            again.hear("Ready: ")
            assert identify(worker) is None


def test_killed_worker_comes_back(data: Path) -> None:
    with running(data) as up:
        up.hear("Ctrl-C stops everything.")
        first = up.children()["worker 1"]
        command_line = Path(f"/proc/{first}/cmdline").read_bytes()
        os.kill(first, signal.SIGKILL)
        up.hear("Worker 1 ended (killed by SIGKILL).")
        said = len(up.lines)
        up.hear("Worker 1 runs again.")

        assert up.lines[said:] == ["Worker 1 runs again."]
        assert b"celery" in command_line
        assert up.children()["worker 1"] != first


def test_second_up_on_the_same_data_is_refused(data: Path) -> None:
    with running(data) as up:
        up.hear("Ready: ")
        code, lines = refusal(data, "--port", "0")

        assert code == 2
        assert lines == [
            f"Another `up` (process {up.process.pid}) already runs on {data}. "
            "Stop it, or give this one its own --data."
        ]


def test_taken_port_and_unwritable_data_are_refused_in_one_line(
    data: Path, tmp_path: Path
) -> None:
    with running(data) as up:
        port = up.hear("Ready: ").rstrip("/").rpartition(":")[2]
        assert refusal(tmp_path / "other", "--port", port) == (
            2,
            [f"Port {port} on 127.0.0.1 is taken. Choose another with --port."],
        )
    assert not (tmp_path / "other").exists()
    (tmp_path / "file").touch()
    code, lines = refusal(tmp_path / "file" / "data", "--port", "0")

    assert code == 2
    assert [line.partition(" (")[0] for line in lines] == [
        f"Cannot write to the data directory {tmp_path}/file/data"
    ]


def test_two_web_processes_share_one_port_whatever_the_host_is_called(
    data: Path,
) -> None:
    more = ("--port", "0", "--web", "2", "--workers", "2")
    with running(data, *more, ALLOWED_HOSTS="moa.example.com") as up:
        up.hear("Ready: ")

        assert set(up.children()) == {
            *("valkey", "worker 1", "worker 2", "web 1", "web 2")
        }


def test_awkward_name_of_the_data_directory_is_no_obstacle(tmp_path: Path) -> None:
    data = tmp_path / "a blank%41 ü?x#y"
    with running(data) as up:
        up.hear("Ready: ")

    assert (data / "moa.sqlite3").exists()
    assert [path.name for path in tmp_path.iterdir()] == [data.name]


def test_database_that_is_away_is_said_in_one_line(tmp_path: Path) -> None:
    nowhere = "postgres://moa:hush@127.0.0.1:1/moa"
    with running(tmp_path / "data", DATABASE_URL=nowhere) as up:
        said = up.hear("The database cannot be used: ")

        assert up.process.wait(10) == 2
    assert "Connection refused" in said
    assert "hush" not in said
