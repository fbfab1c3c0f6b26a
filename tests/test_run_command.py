"""`manage.py run`, against a whole site and without one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from playground.engine.plan import Card
from playground.management.commands import run as command
from playground.runs import services
from playground.runs.models import Run
from tests.runs.factories import a_member, a_run
from tests.sites import ROOT, Site


def test_json_is_the_export_alone(site: Site) -> None:
    done = site.manage("run", "quick", "Why?", "--json")
    exported = json.loads(done.stdout)
    assert (exported["status"], exported["messages"]) == (
        "done",
        [{"role": "user", "content": "Why?"}],
    )
    assert UUID(exported["id"]).version == 7
    assert len(exported["calls"]) == 3


def test_answer_goes_to_stdout_and_progress_to_stderr(site: Site) -> None:
    done = site.manage("run", "research/quick", "Why?", "--as", "ben")
    assert done.stdout.strip()
    assert "layer 1" in done.stderr
    assert "2.Z.1 done" in done.stderr
    assert "done: " in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nothing", "Why?"), 2, "has no recipe nothing"),
        (("quick", "Why?", "--as", "nobody"), 2, "no active user nobody"),
        (("quick", "Why?", "--var", "tone=dry"), 2, "no such variable"),
        (("quick", "Why?", "--var", "tone"), 2, "NAME=VALUE"),
        (("quick", " "), 2, "prompt is empty"),
        (("quick", "Why?", "--as", "vera"), 3, "not run in it"),
        (("one", "[[stub: refuse-nothing-known]]"), 1, "failed"),
    ],
)
def test_exit_code_says_what_went_wrong(
    site: Site, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = site.manage("run", *arguments, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Error: " not in done.stderr


def test_no_database_is_a_usage_error(tmp_path: Path) -> None:
    environment = {**os.environ, "MOA_DATA": str(tmp_path / "none")}
    done = subprocess.run(
        [sys.executable, "manage.py", "run", "quick", "Why?"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "is MOA_DATA set?" in done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_cancels_the_run(site: Site, how: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "manage.py", "run", "one", "[[stub: m-30000-5-0]]", "--json"],
        cwd=ROOT,
        env=site.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if "writing" in line:
                    break
            process.send_signal(how)
            out, _ = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 1
    assert json.loads(out)["status"] == "cancelled"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("valkey")
def test_a_run_that_no_worker_takes_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "publish", lambda run_id: None)
    monkeypatch.setattr(
        services, "cards_for", lambda aliases: {"fast": Card("fast", "stub", "m")}
    )
    monkeypatch.setattr(command, "WORKER_SECONDS", 1.0)
    a_run().delete()
    a_member()
    start = time.monotonic()
    with pytest.raises(CommandError, match="No worker took the run") as refused:
        call_command("run", "two", "Why?", user="ada")
    assert refused.value.returncode == 3
    assert time.monotonic() - start < 5
    assert [run.status for run in Run.objects.all()] == ["cancelled"]
