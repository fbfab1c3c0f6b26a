"""Children that die with their parent; identities that cannot be mistaken."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

from playground.embedded.processes import Identity, end, identify, spawn
from tests.embedded.conftest import eventually

SLEEPER = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")

PARENT = """
import os, signal, sys, time
from playground.embedded.processes import spawn
child = spawn(sys.argv[1:], output=open(os.devnull, "wb"), environment=os.environ,
              at_death=signal.SIGTERM)
print(child.pid, flush=True)
time.sleep(60)
"""


def test_identity_survives_json_and_is_none_for_nobody() -> None:
    me = identify(os.getpid())

    assert me is not None
    assert Identity.from_json(me.to_json()) == me
    assert identify(2**22 + 1) is None


def test_child_dies_when_its_parent_is_killed() -> None:
    with subprocess.Popen(
        (sys.executable, "-c", PARENT, *SLEEPER), stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert identify(child) is not None
        parent.kill()

    assert eventually(lambda: identify(child) is None, seconds=3)


def test_child_has_its_own_session_so_that_ctrl_c_reaches_up_alone(
    tmp_path: Path,
) -> None:
    with (tmp_path / "log").open("wb") as output:
        child = spawn(
            SLEEPER,
            output=output,
            environment=os.environ,
            at_death=signal.SIGTERM,
            niceness=7,
        )
    try:
        assert os.getsid(child.pid) == child.pid
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == 7
    finally:
        child.kill()
        child.wait()


def test_end_kills_who_does_not_listen() -> None:
    program = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('deaf', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        (sys.executable, "-c", program), stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        identity = identify(child.pid)
        assert identity is not None
        end(identity, patience=0.2)

    assert child.returncode == -signal.SIGKILL


def test_end_spares_another_process_under_the_same_pid() -> None:
    with subprocess.Popen(SLEEPER, stdout=subprocess.PIPE) as child:
        identity = identify(child.pid)
        assert identity is not None
        end(dataclasses.replace(identity, started=identity.started - 1), patience=0.1)
        assert child.poll() is None
        child.kill()
