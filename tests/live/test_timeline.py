"""The waterfall: where its bars are, what it expects, what the time hung on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from playground.live.critical import critical_of
from playground.live.timeline import timeline_of
from playground.live.usual import Pace, Usual
from playground.runs.models import Draft, Run
from tests.live.views import layer_row, view_of
from tests.runs.factories import a_call, a_run

pytestmark = pytest.mark.django_db


def a_done_run(**more: object) -> Run:
    """Two drafts, of which B took two seconds longer, and an answer: ten seconds."""
    began = timezone.now() - timedelta(minutes=1)
    run = a_run(
        status="done",
        answer_key="2.Z.1",
        started_at=began,
        ended_at=began + timedelta(seconds=10),
        **more,
    )
    Draft.objects.filter(run=run).update(status="done", text="said")
    a_call(run, n=1, key="1.A.1", ended_ms=4_000)
    a_call(run, n=2, key="1.B.1", ended_ms=6_000, cost_nanos=5_000_000)
    a_call(run, n=3, key="2.Z.1", opened_ms=6_000, ended_ms=10_000)
    for number, (opened, closed) in enumerate([(0, 6_000), (6_000, 10_000)], start=1):
        layer_row(run, number, "layer_opened", opened)
        layer_row(run, number, "layer_closed", closed)
    return run


def said(run: Run) -> dict[str, str]:
    findings = critical_of(view_of(run)).findings
    return {finding.about: finding.says for finding in findings}


def test_bars_lie_on_one_axis_of_five_round_steps() -> None:
    timeline = timeline_of(view_of(a_done_run()))
    row = timeline.lanes[1].rows[0]
    bars = [(bar.kind, bar.x, bar.width) for bar in row.bars]

    assert timeline.scale == 10_000
    assert [tick.word for tick in timeline.ticks] == [
        "0 s",
        "2 s",
        "4 s",
        "6 s",
        "8 s",
        "10 s",
    ]
    assert bars == [("waited", "0.00%", "5.00%"), ("wrote", "5.00%", "55.00%")]
    assert row.spoken == "Waited 0.5 s, wrote from 0.5 s to 6.0 s"


def test_path_names_what_was_waited_for_and_what_it_cost() -> None:
    run = a_done_run()

    assert critical_of(view_of(run)).keys == {"1.B.1", "2.Z.1"}
    assert said(run) == {
        "What the time hung on": "1B, then the answer.",
        "Without 1B": (
            "the answer would have been there 2.0 s sooner, for $0.0050 less."
        ),
    }


def test_a_repeated_call_costs_no_more_time_than_the_others_gave() -> None:
    run = a_done_run()
    run.calls.filter(n=2).update(status="failed", ended_ms=1_000)
    a_call(run, n=4, key="1.B.1", opened_ms=3_500, ended_ms=6_000)
    lane = timeline_of(view_of(run)).lanes[1]
    pause = lane.rows[0].bars[-1]

    assert said(run)["Without the repeated calls of 1B"] == "2.0 s sooner."
    assert (pause.kind, pause.start, pause.end) == ("pause", 1_000, 3_500)


@pytest.mark.parametrize(("again_at", "is_late"), [(1_500, False), (5_900, True)])
def test_words_of_a_pause_stand_on_the_side_that_has_room(
    again_at: int, is_late: bool
) -> None:
    run = a_done_run()
    run.calls.filter(n=2).update(status="failed", ended_ms=1_000)
    a_call(run, n=4, key="1.B.1", opened_ms=again_at, ended_ms=6_000)

    assert timeline_of(view_of(run)).lanes[1].rows[0].pause_late is is_late


def test_a_run_without_an_answer_has_no_path() -> None:
    run = a_done_run()
    Run.objects.filter(pk=run.pk).update(status="failed", answer_key="")

    assert critical_of(view_of(run)).findings == ()


def test_what_is_to_come_is_drawn_where_it_is_expected() -> None:
    run = a_run(status="running", started_at=timezone.now())
    layer_row(run, 1, "layer_opened", 0)
    usual = Usual(
        took=(9_000, 11_000),
        paces={("2.Z.1", "fast"): Pace(500, 4_000)},
        layers={1: 6_000, 2: 4_000},
    )
    lanes = timeline_of(view_of(run, usual)).lanes
    due = lanes[2].rows[0].bars[-1]

    assert (due.kind, due.start, due.end) == ("due", 6_000, 10_000)
    assert [lane.rows[0].call for lane in lanes] == [None, None, None]


def test_an_open_call_has_no_end_yet() -> None:
    run = a_run(status="running", started_at=timezone.now() - timedelta(seconds=3))
    Draft.objects.filter(run=run, key="1.A.1").update(status="writing")
    a_call(run, n=1, status="streaming", first_token_ms=None, ended_ms=None)
    bar = timeline_of(view_of(run)).lanes[0].rows[0].bars[0]

    assert (bar.kind, bar.start, bar.end) == ("waited", 0, "")
    assert float(bar.width.rstrip("%")) > 50
