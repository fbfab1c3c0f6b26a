"""What a kill -9 left is ended by the next start, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys

from playground.embedded.directory import DataDirectory
from playground.embedded.leftovers import Register, clear
from playground.embedded.processes import identify

SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")


def test_leftover_is_ended_and_named(directory: DataDirectory) -> None:
    with subprocess.Popen(SLEEPER) as left:
        Register(directory).enter("worker 1", left.pid)

        assert clear(directory) == ["worker 1"]

    assert left.returncode is not None
    assert clear(directory) == []


def test_stranger_under_a_listed_pid_is_spared(directory: DataDirectory) -> None:
    with subprocess.Popen(SLEEPER) as stranger:
        identity = identify(stranger.pid)
        assert identity is not None
        row = {"name": "worker 1", **identity.to_json(), "started": 1}
        (directory.run / "children.json").write_text(json.dumps([row]))

        assert clear(directory) == []
        assert stranger.poll() is None
        stranger.kill()


def test_child_that_ended_is_no_longer_listed(directory: DataDirectory) -> None:
    with subprocess.Popen(SLEEPER) as child:
        register = Register(directory)
        register.enter("web 1", child.pid)
        register.leave("web 1")

        assert clear(directory) == []
        assert child.poll() is None
        child.kill()


def test_unreadable_list_proves_nothing(directory: DataDirectory) -> None:
    (directory.run / "children.json").write_text('[{"pid": 1}]')

    assert clear(directory) == []
