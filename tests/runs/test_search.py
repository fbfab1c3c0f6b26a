"""The index behind history: what is found, by whom, in which order; on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uuid6 import uuid7

from playground.accounts.access import Viewer
from playground.accounts.models import Team, User
from playground.runs.models import Draft, Run, RunWords
from playground.runs.search import Sought, index_ended, index_new, search_runs
from playground.runs.words import id_at, place_at, place_of, words_in
from tests.runs.factories import a_member, a_run

pytestmark = [pytest.mark.django_db, pytest.mark.locks]


def found(viewer: User | Viewer, **sought: object) -> list[str]:
    """The prompts that a viewer finds, newest first."""
    who = viewer if isinstance(viewer, Viewer) else Viewer(viewer)
    matches = search_runs(who, Sought(**sought))  # type: ignore[arg-type]
    prompts = [run.prompt for run in matches.page(limit=50)]
    assert matches.count(at_most=1000) == len(prompts)
    return prompts


def write(run: Run, text: str, **ending: object) -> None:
    """Let the run's first draft hold this text, and the run end."""
    Draft.objects.filter(run=run, key="1.A.1").update(text=text)
    Run.objects.filter(pk=run.pk).update(status="done", **ending)
    index_ended(run.pk)


def test_words_of_prompt_and_drafts_are_found_by_their_beginning() -> None:
    ada = a_member()
    write(a_run(prompt="Why is the sea salty?"), "Rivers carry minerals.")
    a_run(prompt="Name a colour.")
    assert found(ada, words="sal") == ["Why is the sea salty?"]
    assert found(ada, words="SEA mineral") == ["Why is the sea salty?"]
    assert found(ada, words="alty") == []
    assert found(ada, words="sea colour") == []


@pytest.mark.parametrize(
    ("typed", "there"),
    [
        ("uber", "Über den Wolken"),
        ("ÜBER", "über alles"),
        ("北京", "我在北京工作"),
        ("c3po", "Ask C3PO."),
        ("naïve", "a naive Bayes"),
        ("café-bar", "café, bar"),
        ("snake", "in snake_case"),
        ("किता", "किताब पढ़ो"),
    ],
)
def test_scripts_and_accents(typed: str, there: str) -> None:
    a_run(prompt=there)
    assert found(a_member(), words=typed) == [there]


@pytest.mark.parametrize(
    "typed",
    [
        "salt AND pepper",
        '"salt pepper"',
        "salt OR NOT pepper",
        "salt* & pepper:*",
        "salt | ! pepper",
        "words:salt pepper",
        "'salt' <-> \"pepper",
        "NEAR(salt pepper, 2)",
        "salt); DROP TABLE x; -- pepper",
    ],
)
def test_operators_are_words_or_nothing(typed: str) -> None:
    both = "or and not near words drop table x 2 salt pepper"
    a_run(prompt=both)
    assert found(a_member(), words=typed) == [both]


@pytest.mark.parametrize("typed", ["***", '"', "()", "' '", ":", ":t", "\u0301", "🙂"])
def test_what_has_no_word_finds_nothing_or_its_letters(typed: str) -> None:
    a_run(prompt="anything")
    assert found(a_member(), words=typed) == []


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=st.text(max_size=200))
def test_every_text_finds_itself_and_breaks_nothing(text: str, db: None) -> None:
    ada = a_member()
    run = Run(prompt=text.replace("\0", " "))
    made = a_run(prompt=run.prompt)
    viewer = Viewer(ada)
    matches = search_runs(viewer, Sought(words=run.prompt))
    ids = [each.pk for each in matches.page(limit=100)]
    nothing = not words_in(run.prompt[:1000]) and bool(run.prompt.strip())
    assert (made.pk in ids) != nothing


def test_one_letter_is_a_whole_word() -> None:
    ada = a_member()
    a_run(prompt="vitamin c")
    a_run(prompt="calcium")
    assert found(ada, words="c") == ["vitamin c"]
    assert found(ada, words="ca") == ["calcium"]


def test_a_facet_cannot_be_typed() -> None:
    ada = a_member()
    a_run(prompt="mine")
    assert found(ada, words=f":u{ada.pk}") == []
    assert found(ada, words=":sopen") == []


def test_nobody_finds_what_another_team_ran() -> None:
    a_run(prompt="secret plans")
    sten = a_member("sten", team="elsewhere")
    assert found(sten, words="secret") == []
    assert found(User.objects.create(username="new")) == []
    root = User.objects.create(username="root", is_staff=True)
    assert found(root, words="secret") == ["secret plans"]
    assert found(root) == ["secret plans"]


def test_another_teams_filter_widens_nothing() -> None:
    a_run(prompt="secret plans")
    sten = a_member("sten", team="elsewhere")
    assert found(sten, team=Team.objects.get(slug="research")) == []


def test_facets_narrow_together() -> None:
    ada, ben = a_member(), a_member("ben")
    a_run(prompt="one", origin="api", status="done", degraded=True)
    a_run(prompt="two", user=ben, status="failed")
    three = a_run(prompt="three", user=ben, status="running")
    assert found(ada, user=ben) == ["three", "two"]
    assert found(ada, user=ben, state="failed") == ["two"]
    assert found(ada, state="open") == ["three"]
    assert found(ada, degraded=True, origin="api") == ["one"]
    assert found(ada, team=three.team, other_than=ben) == ["one"]
    assert found(ada, recipe=three.revision.recipe, words="th") == ["three"]


def test_pages_go_both_ways_without_gap_or_double() -> None:
    viewer = Viewer(a_member())
    ids = [a_run(prompt=f"page {n}").pk for n in range(7)][::-1]
    matches = search_runs(viewer, Sought(words="page"))
    first = [run.pk for run in matches.page(limit=3)]
    second = [run.pk for run in matches.page(limit=3, before=first[-1])]
    back = [run.pk for run in matches.page(limit=3, after=second[0])]
    assert (first, second, back) == (ids[:3], ids[3:6], ids[:3])
    assert matches.count(at_most=5) == 6


def test_dates_bound_the_search() -> None:
    ada = a_member()
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for hours in (-1, 0, 1):
        a_run(id=_id_at(noon + timedelta(hours=hours)), prompt=f"{hours}")
    assert found(ada, since=noon) == ["1", "0"]
    assert found(ada, until=noon) == ["-1"]
    assert found(ada, since=noon, until=noon + timedelta(minutes=1)) == ["0"]


def _id_at(moment: datetime) -> UUID:
    return UUID(int=id_at(moment).int | 0x7000_8000_0000_0000_0001)


def test_places_sort_as_ids_do() -> None:
    ids = [UUID(bytes=uuid7().bytes) for _ in range(50)]
    assert sorted(ids, key=place_of) == sorted(ids)
    assert place_at(datetime.now(UTC) + timedelta(minutes=1)) > place_of(ids[-1])


def test_index_follows_the_run_to_its_end_and_out() -> None:
    ada = a_member()
    run = a_run(prompt="before")
    write(run, "after", degraded=True)
    assert found(ada, words="after", degraded=True) == ["before"]
    assert found(ada, state="open") == []
    index_ended(run.pk)
    assert RunWords.objects.count() == 1
    Run.objects.filter(pk=run.pk).delete()
    assert found(ada, words="after") == []
    assert index_rows() == 0


def index_rows() -> int:
    """How many runs the database's own index still knows."""
    table = "playground_runwords"
    if connection.vendor == "sqlite":
        table += "_fts WHERE playground_runwords_fts MATCH '\":w1\"'"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {table}")
        return int(cursor.fetchone()[0])


def test_a_huge_text_is_indexed_as_far_as_there_is_room() -> None:
    text = " ".join(f"w{number}" for number in range(200_000))
    run = a_run(prompt="start " + text)
    assert found(a_member(), words="start w100") == [run.prompt]
    assert len(RunWords.objects.get().words) < 500_000
    index_ended(run.pk)


def test_a_run_is_indexed_once() -> None:
    run = a_run()
    with pytest.raises(Exception, match=r"(?i)unique"):
        index_new(run)
