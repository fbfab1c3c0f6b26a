"""A replay begins where the run began, and ends as its page did."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.test import Client
from pytest_django import Settings

from playground.accounts.models import User
from playground.live import replay
from playground.live.replay import can_replay, first_view, replay_of
from playground.runs.feed import Entry, keep_copy
from playground.runs.models import Draft, Run
from playground.runs.states import Given
from tests.live.test_fragments import ended, entries, layer, sent
from tests.runs.factories import a_run

pytestmark = pytest.mark.django_db
SECRET = "only at the end"


@pytest.fixture(autouse=True)
def _no_redis(settings: Settings) -> None:
    settings.REDIS_URL = ""


def a_feed() -> list[Entry]:
    return entries(
        {"k": "run", "status": "running", "epoch": 1, "after": None, "lost": []},
        layer(1, "open"),
        sent("1.A.1", 1),
        sent("1.B.1", 2),
        {"k": "delta", "x": [["1.A.1", 1, 0, "One."], ["1.B.1", 2, 0, "Two."]]},
        ended("1.A.1", 1, "done"),
        ended("1.B.1", 2, "done"),
        layer(1, "closed"),
        layer(2, "open"),
        sent("2.Z.1", 3, references=["1.A.1", "1.B.1"]),
        {"k": "delta", "x": [["2.Z.1", 3, 0, SECRET]]},
        ended("2.Z.1", 3, "done"),
        {"k": "end", "status": "done", "answer": "2.Z.1"},
    )


def an_ended_run(feed: list[Entry] | None = None, **given: Any) -> Run:
    run = a_run(status="done", answer_key="2.Z.1", message=SECRET, **given)
    Draft.objects.filter(run=run).update(status="done", text=SECRET)
    keep_copy(run, a_feed() if feed is None else feed)
    run.refresh_from_db()
    return run


def page_of(client: Client, run: Run) -> str:
    client.force_login(User.objects.get(username="ada"))
    return client.get(f"/runs/{run.pk}/?replay").content.decode()


def test_replay_page_shows_nothing_of_what_came_later(client: Client) -> None:
    page = page_of(client, an_ended_run())
    assert SECRET not in page
    assert 'data-status="queued"' in page
    assert "data-replay" in page
    assert "ws-connect" not in page
    assert 'id="stop"' not in page


def test_replay_tells_each_frame_with_its_time_and_its_parts() -> None:
    frames = orjson.loads(replay_of(an_ended_run()))
    assert [frame["t"] for frame in frames] == [seq * 100 for seq in range(1, 14)]
    assert "One." not in frames[2]["html"]
    assert "html" not in frames[4]
    assert "One." in frames[5]["html"]
    assert 'data-final="2.Z.1"' in frames[-1]["html"]
    assert SECRET not in "".join(frame.get("html", "") for frame in frames[:10])


def test_clocks_of_the_frames_run_on_the_time_of_the_run() -> None:
    frames = orjson.loads(replay_of(an_ended_run()))
    assert ">0.2 s<" in frames[1]["html"]
    assert ">1.3 s<" in frames[-1]["html"]


def test_retry_and_second_epoch_are_told_again() -> None:
    broken = ended("1.A.1", 1, "waiting", call="failed", retry_at=600)
    resumed = {"k": "run", "status": "running", "epoch": 2, "after": "1-4", "lost": []}
    first = entries(
        {"k": "run", "status": "running", "epoch": 1, "after": None, "lost": []},
        layer(1, "open"),
        sent("1.A.1", 1),
        broken,
    )
    second = [
        Entry("2-1", {"t": 5000, **resumed}),
        Entry("2-2", {"t": 5100, **sent("1.A.1", 2)}),
        Entry("2-3", {"t": 5200, "k": "delta", "x": [["1.A.1", 2, 0, "Again."]]}),
        Entry("2-4", {"t": 5300, **ended("1.A.1", 2, "done")}),
    ]
    frames = orjson.loads(replay_of(an_ended_run([*first, *second])))
    assert [frame["id"] for frame in frames][-1] == "2-4"
    assert 'data-state="retry"' in frames[3]["html"]
    assert "Again." in frames[-1]["html"]


def test_replay_ends_at_a_hole() -> None:
    feed = a_feed()
    frames = orjson.loads(replay_of(an_ended_run([*feed[:5], *feed[6:]])))
    assert [frame["id"] for frame in frames][-1] == "1-5"


def test_given_drafts_are_there_from_the_beginning() -> None:
    run = an_ended_run()
    Draft.objects.filter(run=run, key="1.A.1").update(given=Given.REUSED)
    view = first_view(run)
    assert view.drafts["1.A.1"].text == SECRET
    assert view.drafts["1.B.1"].text == ""


def test_run_without_a_feed_has_no_replay(client: Client) -> None:
    run = an_ended_run([])
    assert not can_replay(run)
    assert replay_of(run) == b"[]"
    page = page_of(client, run)
    assert "data-replay=" not in page
    assert "was not kept" in page


def test_run_that_goes_on_has_no_replay(client: Client) -> None:
    run = a_run(status="running")
    assert not can_replay(run)
    client.force_login(User.objects.get(username="ada"))
    assert client.get(f"/runs/{run.pk}/replay.json").status_code == 409


def test_replay_is_bounded(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    monkeypatch.setattr(replay, "MOST_BYTES", 10_000)
    run = an_ended_run()
    client.force_login(User.objects.get(username="ada"))
    assert client.get(f"/runs/{run.pk}/replay.json").status_code == 413
