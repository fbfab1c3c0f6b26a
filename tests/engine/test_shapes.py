"""What plans say of themselves."""

from __future__ import annotations

import pytest

from playground.engine.messages import Message
from playground.engine.plan import parse
from playground.engine.shapes import Contest
from tests.engine.house import Json, aggregate, draft, recipe, slot, vote


@pytest.mark.parametrize(
    ("layers", "planned"),
    [
        ([draft(slot(label="Q"))], "1.Q.1"),
        ([draft(slot(), slot()), aggregate()], "2.Z.1"),
        ([aggregate(slot(samples=2), slot(label="B"), primary="B")], "1.B.1"),
        ([aggregate(slot(samples=2))], "1.Z.1"),
        ([draft(slot(samples=5), window=2)], "1.A.7"),
        ([draft(slot(samples=3)), vote()], None),
    ],
)
def test_planned_answer_is_what_the_last_layer_leaves_when_nothing_fails(
    layers: list[Json], planned: str | None
) -> None:
    key = parse(recipe(*layers)).planned_answer()
    assert (None if key is None else str(key)) == planned


@pytest.mark.parametrize(
    ("contest", "shows", "steps", "judgements"),
    [
        (Contest("pairwise", "max_wins", most=4), 2, 1, 12),
        (Contest("pairwise", "bubble", most=4), 2, 3, 6),
        (Contest("listwise", None, most=4), None, 1, 1),
        (Contest("score", None, most=4), 1, 1, 4),
    ],
)
def test_contest_says_how_much_is_judged(
    contest: Contest, shows: int | None, steps: int, judgements: int
) -> None:
    assert (contest.shows, contest.steps) == (shows, steps)
    assert contest.judgements(4) == judgements
    assert contest.judgements(1) == 0


def test_message_is_read_back_as_it_was_kept() -> None:
    message = Message("system", "Be brief.")
    assert Message.from_json(message.to_json()) == message
