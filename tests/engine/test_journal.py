from __future__ import annotations

import json

import pytest

from playground.engine.events import (
    CallEnded,
    CallOpened,
    DraftDone,
    DraftFailed,
    DraftSkipped,
    DraftStopped,
    Fault,
    LayerClosed,
    LayerOpened,
    Resumed,
    Row,
    RunEnded,
    Started,
    row_from_json,
)
from playground.engine.lessons import Lesson
from playground.engine.usage import Usage

ROWS: list[Row] = [
    Started(0),
    Resumed(5, 3, 2),
    LayerOpened(1, 0, ("1.A.1",)),
    CallOpened(1, "2.A.1", "fast", 3, ("1.A.1",), 9, 100, 200),
    CallEnded(1, "2.A.1", "done", 9, None, Usage(1, 0, 2, 1, True), 4, "stop", 1),
    CallEnded(2, "2.A.1", "failed", 9, Fault("server", "busy", 503), retry_at=12),
    CallOpened(2, "2.A.1", "fast", 9, lessons=(Lesson("stop"), Lesson("a", "b"))),
    CallEnded(3, "2.A.1", "failed", 9, retry_at=9, lesson=Lesson("system", "user")),
    CallEnded(4, "2.A.1", "done", 9, usage=Usage(1, 0, 2), least_in=500),
    DraftDone("2.A.1", 1, "fast", "text", "thought"),
    DraftFailed("2.A.1", "fast: busy (1 call)"),
    DraftStopped("2.A.1"),
    DraftSkipped("2.A.1"),
    LayerClosed(1, 9, "quorum", ("1.A.1",), ("limit",)),
    RunEnded(9, "done", None, "2.A.1", True, ""),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_row_survives_json(row: Row) -> None:
    assert row_from_json(row.kind, json.loads(json.dumps(row.to_json()))) == row


def test_unknown_kind_of_row_is_refused() -> None:
    with pytest.raises(KeyError):
        row_from_json("dreamt", {})
