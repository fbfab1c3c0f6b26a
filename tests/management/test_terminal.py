"""What a run says in a terminal, and what its answer's file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import OutputWrapper

from playground.engine.plan import parse
from playground.management.terminal import Terminal, line_of
from tests.sites import layer, recipe

PLAN = parse(recipe("quick", layer("draft", "a"), layer("aggregate", "b")))


def talk(terminal: Terminal) -> None:
    terminal.say("layer 2")
    terminal.write("An ans")
    terminal.write("wer")
    terminal.say("2.Z.1 done")
    terminal.end_answer()


def test_progress_never_runs_into_the_answer_on_one_screen(tmp_path: Path) -> None:
    with (tmp_path / "screen").open("w", buffering=1) as screen:
        talk(Terminal(OutputWrapper(screen), OutputWrapper(screen)))
    lines = (tmp_path / "screen").read_text().splitlines()
    assert lines == ["layer 2", "An answer", "2.Z.1 done"]


def test_answer_in_a_file_of_its_own_is_alone(tmp_path: Path) -> None:
    out, err = tmp_path / "out", tmp_path / "err"
    with out.open("w") as answer, err.open("w") as progress:
        talk(Terminal(OutputWrapper(answer), OutputWrapper(progress)))
    assert out.read_text() == "An answer\n"
    assert err.read_text() == "layer 2\n2.Z.1 done\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"k": "layer", "layer": 1, "closed_by": "all"}, "all drafts ended"),
        (
            {
                "k": "draft",
                "key": "1.A.1",
                "status": "waiting",
                "call": "failed",
                "n": 1,
                "error": {"message": "No such model."},
                "retry_at": None,
            },
            "1.A.1 call 1 failed, No such model.",
        ),
        (
            {
                "k": "draft",
                "key": "1.A.1",
                "status": "waiting",
                "call": "failed",
                "n": 2,
                "retry_at": 900,
            },
            "1.A.1 call 2 failed, tried again",
        ),
        (
            {
                "k": "draft",
                "key": "1.A.1",
                "status": "done",
                "finish_reason": "length",
                "usage": {"in": 3, "out": 256, "estimated": False},
            },
            "cut at 256 tokens",
        ),
    ],
)
def test_entry_is_a_line_in_plain_words(body: dict[str, Any], said: str) -> None:
    assert said in line_of({"t": 100, **body}, PLAN)
