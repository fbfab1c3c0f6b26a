"""The recorded run that ships: there once, replayable without any model, in no list."""

from __future__ import annotations

import orjson
import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from playground.accounts.access import Viewer
from playground.accounts.models import Team, User
from playground.live.replay import can_replay, replay_of
from playground.provisioning.firststart import HOME, prepare
from playground.recipes.queries import current_revisions
from playground.runs.deletion import remove_runs
from playground.runs.models import Run
from playground.runs.queries import answers_in
from playground.runs.recorded import (
    FILE,
    ORIGIN,
    place_recorded,
    recorded_id,
    recorded_in,
    recording_of,
)
from tests.runs.factories import a_run

pytestmark = pytest.mark.django_db
MOST_BYTES = 100_000


@pytest.fixture(autouse=True)
def _no_redis(settings: Settings) -> None:
    settings.REDIS_URL = ""


@pytest.fixture
def placed() -> Run:
    """The recorded run in the home of a site without a model."""
    prepare(None)
    run = place_recorded(HOME)
    assert run is not None
    return run


def test_recorded_run_is_placed_once_and_never_again(placed: Run) -> None:
    assert place_recorded(HOME) is None
    assert Run.objects.count() == 1
    remove_runs([placed.pk])
    assert place_recorded(HOME) is None
    assert not Run.objects.exists()


def test_recorded_run_waits_for_a_team_that_owns_it() -> None:
    assert place_recorded("nowhere") is None


def test_recorded_run_opens_and_replays_without_a_model(
    placed: Run, client: Client
) -> None:
    client.force_login(User.objects.get(username="owner"))
    page = client.get(f"/runs/{placed.pk}/").content.decode()
    assert "with the small local model" in page
    assert "Done in" in page
    assert client.get(f"/runs/{placed.pk}.json").status_code == 200
    assert can_replay(placed)
    frames = orjson.loads(replay_of(placed))
    assert len(frames) == len(orjson.loads(FILE.read_bytes())["feed"])
    assert 'data-final="3.Z.1"' in frames[-1]["html"]


def test_recorded_run_is_nobodys_work(placed: Run, client: Client) -> None:
    owner = User.objects.get(username="owner")
    home = Team.objects.get(slug=HOME)
    assert placed.origin == ORIGIN
    assert answers_in(home) == []
    assert not current_revisions(Viewer(owner)).exists()
    client.force_login(owner)
    assert str(placed.pk) not in client.get("/runs/").content.decode()
    assert f"/runs/{placed.pk}/?replay" in client.get("/").content.decode()


def test_recorded_run_is_of_one_team(placed: Run) -> None:
    assert recorded_in(Team.objects.get(slug=HOME)) == recorded_id()
    assert recorded_in(Team.objects.create(slug="other", name="Other")) is None


def test_record_writes_what_it_was_made_from(
    placed: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("record", str(placed.pk))
    written = orjson.loads(capsys.readouterr().out)
    assert written == orjson.loads(FILE.read_bytes())
    assert written == orjson.loads(orjson.dumps(recording_of(placed)))


def test_record_refuses_what_cannot_be_replayed() -> None:
    with pytest.raises(Exception, match="still goes on"):
        call_command("record", str(a_run(status="running").pk))
    with pytest.raises(Exception, match="was not kept"):
        call_command("record", str(a_run(status="done").pk))


def test_file_is_small_and_says_which_model_wrote_it() -> None:
    content = orjson.loads(FILE.read_bytes())
    assert FILE.stat().st_size < MOST_BYTES
    models = {call["model"] for call in content["calls"]}
    assert models == {"SmolLM2-135M-Instruct"}
