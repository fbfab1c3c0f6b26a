"""Parts come back, in decent intervals, and stop in order. With real processes."""

from __future__ import annotations

import io
import os
import signal
from pathlib import Path

from playground.embedded.directory import DataDirectory
from playground.embedded.leftovers import clear
from playground.embedded.logs import last_lines, open_log
from playground.embedded.processes import identify
from playground.embedded.speech import Speech
from playground.embedded.supervisor import Supervisor
from tests.embedded.conftest import eventually, script

SLEEP = "import time; time.sleep(60)"
DEAF = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('deaf', flush=True); time.sleep(60)"
)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_killed_part_comes_back_and_both_are_said(
    supervisor: Supervisor, spoken: io.StringIO
) -> None:
    supervisor.start(script("worker 1", SLEEP))
    first = supervisor.running()["worker 1"]
    os.kill(first, signal.SIGKILL)

    def back() -> bool:
        return supervisor.running().get("worker 1", first) != first

    assert supervisor.wait_until(back, patience=5)
    supervisor.tend()
    assert spoken.getvalue().splitlines() == [
        "Worker 1 ended (killed by SIGKILL). Starting it again in 0.2 s.",
        "Worker 1 runs again.",
    ]


def test_crash_shows_the_last_lines_of_this_start_alone(
    supervisor: Supervisor, spoken: io.StringIO, directory: DataDirectory
) -> None:
    (directory.logs / "web-1.log").write_text("yesterday's trouble\n")
    supervisor.start(script("web 1", "raise SystemExit('no such table: run')"))

    assert supervisor.wait_until(lambda: "no such" in spoken.getvalue(), patience=5)
    assert spoken.getvalue().splitlines()[:2] == [
        "Web 1 ended (exit code 1). Starting it again in 0.2 s.",
        "    no such table: run",
    ]
    assert "yesterday" not in spoken.getvalue()


def die_again(supervisor: Supervisor, clock: Clock, *, lived: float) -> float:
    """Let the part die after `lived` seconds and come back; how long that took."""
    assert eventually(lambda: not supervisor.running())
    clock.now += lived
    supervisor.tend()
    (seat,) = supervisor._seats
    assert (seat.process, seat.start_at is None) == (None, False)
    wait, clock.now = round((seat.start_at or 0) - clock.now, 3), seat.start_at or 0
    supervisor.tend()
    assert seat.process is not None
    return wait


def test_waits_grow_and_begin_anew_after_a_steady_life(
    directory: DataDirectory, speech: Speech, spoken: io.StringIO
) -> None:
    clock = Clock()
    supervisor = Supervisor(directory, speech, environment=os.environ, clock=clock)
    supervisor.start(script("model", "pass"))

    waits = [die_again(supervisor, clock, lived=0.0) for _ in range(6)]
    steady = die_again(supervisor, clock, lived=30.0)
    supervisor.stop()

    assert waits == [0.2, 1.0, 2.0, 5.0, 5.0, 5.0]
    assert steady == 0.2
    said = [line for line in spoken.getvalue().splitlines() if " ended " in line]
    assert [line.count("4 times in a row") for line in said] == [0, 0, 0, 1, 0]


def test_parts_that_lean_on_others_stop_first(
    supervisor: Supervisor, tmp_path: Path, directory: DataDirectory
) -> None:
    order = tmp_path / "order"
    order.touch()
    for tier, name in enumerate(["store", "worker", "web"]):
        supervisor.start(
            script(
                name,
                "import signal, sys, time\n"
                "def leave(*_):\n"
                "    time.sleep(0.1)\n"
                f"    open({str(order)!r}, 'a').write('{name}\\n')\n"
                "    sys.exit()\n"
                "signal.signal(signal.SIGTERM, leave)\n"
                "print('up', flush=True)\n"
                "time.sleep(60)",
                tier=tier,
            )
        )
    for name in ("store", "worker", "web"):
        assert eventually((directory.logs / f"{name}.log").read_text)

    supervisor.stop()

    assert order.read_text().split() == ["web", "worker", "store"]
    assert clear(directory) == []


def test_part_that_does_not_stop_is_ended_by_force(
    supervisor: Supervisor, spoken: io.StringIO, directory: DataDirectory
) -> None:
    supervisor.start(script("worker 1", DEAF, patience=0.2))
    pid = supervisor.running()["worker 1"]
    assert eventually((directory.logs / "worker-1.log").read_text)

    supervisor.stop()

    assert identify(pid) is None
    assert spoken.getvalue() == "Worker 1 does not stop; ending it by force.\n"


def test_next_start_clears_what_a_lost_supervisor_left(
    supervisor: Supervisor, directory: DataDirectory
) -> None:
    supervisor.start(script("worker 1", SLEEP))
    pid = supervisor.running()["worker 1"]

    assert clear(directory) == ["worker 1"]
    assert identify(pid) is None
    assert not supervisor.running()


def test_large_log_is_turned_over_at_the_start(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * 5_000_001)

    with open_log(log) as file:
        file.write(b"new\n")

    assert log.read_bytes() == b"new\n"
    assert (tmp_path / "web.log.1").stat().st_size == 5_000_001


def test_last_lines_of_no_log_are_none(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "absent", since=0, count=3) == []
