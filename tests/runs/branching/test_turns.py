"""Follow-up turns, and one model alone on the same prompt."""

from __future__ import annotations

from typing import Any

import pytest

from playground.accounts.access import Viewer
from playground.recipes.models import Recipe, Revision
from playground.recipes.services import archive
from playground.runs.branching import (
    alone,
    follow_up,
)
from playground.runs.models import Run
from playground.web.refusals import Conflict, Unprocessable
from tests.runs.branching.reading import state
from tests.runs.driving import Driven
from tests.runs.factories import a_run

pytestmark = pytest.mark.django_db


def test_follow_up_goes_on_from_prompts_and_answers(parent: Run, ada: Viewer) -> None:
    child = follow_up(ada, parent, "And at night?")
    assert child.messages == [
        {"role": "user", "content": "Why?"},
        {"role": "assistant", "content": "the answer"},
        {"role": "user", "content": "And at night?"},
    ]
    assert (child.prompt, child.branch["kind"]) == ("And at night?", "follow_up")
    assert {status for status, _, _ in state(child).values()} == {"waiting"}
    assert child.seed != parent.seed
    driven = Driven(child)
    assert len(driven.machine.open_calls) == 2


def test_follow_up_needs_an_answer(ada: Viewer) -> None:
    with pytest.raises(Conflict, match="no answer"):
        follow_up(ada, a_run(), "And at night?")


def one_call(slug: str, model: str = "bold") -> Revision:
    document: dict[str, Any] = {
        "schema": "moa-recipe/1",
        "slug": slug,
        "name": slug,
        "layers": [{"kind": "draft", "slots": [{"model": model}]}],
    }
    team = a_run().team
    recipe = Recipe.objects.create(team=team, slug=slug, name=slug)
    return Revision.objects.create(recipe=recipe, number=1, document=document)


def test_alone_is_the_same_prompt_for_one_model(parent: Run, ada: Viewer) -> None:
    one_call("another")
    revision = one_call("single")
    child = alone(ada, parent)
    assert (child.revision, child.parent) == (revision, parent)
    assert (child.messages, child.branch["kind"]) == (parent.messages, "alone")
    assert list(state(child)) == ["1.A.1"]


def without_single() -> None:
    """The team put the preset away."""
    archive(one_call("single").recipe)


def test_alone_takes_the_preset_where_the_team_has_none(
    parent: Run, ada: Viewer
) -> None:
    one_call("another")
    revision = alone(ada, parent).revision
    assert (revision.recipe.slug, revision.recipe.preset) == ("single", True)
    assert revision.recipe.team == parent.team


def test_alone_takes_another_recipe_of_one_call(parent: Run, ada: Viewer) -> None:
    without_single()
    revision = one_call("another")
    assert alone(ada, parent).revision == revision


def test_alone_takes_a_model_that_the_run_had(parent: Run, ada: Viewer) -> None:
    without_single()
    one_call("at-first", "bold")
    revision = one_call("later", "fast")
    assert alone(ada, parent).revision == revision


def test_alone_says_what_the_team_lacks(parent: Run, ada: Viewer) -> None:
    without_single()
    with pytest.raises(Unprocessable, match="no recipe of a single call"):
        alone(ada, parent)
