"""What an address picks and opens, whatever it holds."""

from __future__ import annotations

import pytest

from playground.live.layouts import layout_of
from playground.runs.models import Draft
from tests.live.views import view_of
from tests.runs.factories import a_run

pytestmark = pytest.mark.django_db
FIRST = frozenset({"1.A.1", "2.Z.1"})


def test_nothing_asked_picks_the_first_of_each_layer_and_opens_none() -> None:
    layout = layout_of(view_of(a_run()), {})

    assert (layout.name, layout.picked, layout.opened) == ("auto", FIRST, frozenset())


def test_tabs_open_what_they_pick_and_prefer_what_is_being_written() -> None:
    run = a_run()
    Draft.objects.filter(run=run, key="1.B.1").update(status="writing")
    layout = layout_of(view_of(run), {"view": "tabs"})

    assert layout.picked == layout.opened == {"1.B.1", "2.Z.1"}


def test_focus_knows_its_neighbours_and_falls_back_to_the_answer() -> None:
    view = view_of(a_run())
    named = layout_of(view, {"view": "focus", "draft": "1.B.1"}).focus
    unknown = layout_of(view, {"view": "focus", "draft": "9.Q.9"}).focus

    assert named is not None
    assert named.before is not None
    assert named.after is not None
    assert (named.before.key, named.place, named.after.key) == ("1.A.1", 2, "2.Z.1")
    assert unknown is not None
    assert (unknown.draft.key, unknown.after) == ("2.Z.1", None)


@pytest.mark.parametrize("asked", [{"view": "<b>"}, {"layer": "x"}, {"draft": "\0"}])
def test_what_makes_no_sense_is_left_out(asked: dict[str, str]) -> None:
    layout = layout_of(view_of(a_run()), asked)

    assert (layout.name, layout.opened) == ("auto", frozenset())
