"""Working copies: kept at every change, saved as revisions, never over somebody else's."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from playground.accounts.access import Viewer
from playground.catalog.models import ModelCard, Provider
from playground.recipes import copies
from playground.recipes.copies import (
    OldVersion,
    StaleCopy,
    begin_copy,
    find_copy,
    free_slug,
    keep_steps,
    new_copy,
    newer_revision,
    others_editing,
    problems_of,
    put_into,
    save_copy,
    steps_of,
)
from playground.recipes.documents import DocumentRefused, load_document
from playground.recipes.models import Recipe, Revision, WorkingCopy
from playground.recipes.planning import RecipeRefused
from playground.recipes.services import (
    archive,
    restore_revision,
    save_revision,
    unarchive,
)
from playground.recipes.steps import back, step
from playground.web.refusals import Forbidden, NotFound
from tests.people import Cast

CONTENT = {
    "schema": "moa-recipe/1",
    "slug": "one",
    "name": "One",
    "layers": [{"kind": "draft", "slots": [{"model": "fast"}]}],
}


@pytest.fixture
def saved(cast: Cast) -> Recipe:
    """A recipe of Research that Ada saved."""
    provider = Provider.objects.create(slug="p", name="P", base_url="https://p.example")
    ModelCard.objects.create(alias="fast", provider=provider, model="m")
    return save(cast, CONTENT)


def save(cast: Cast, content: dict[str, Any]) -> Recipe:
    document = load_document(json.dumps(content))
    return save_revision(cast.team, document, cast.ada)[0]


def change(copy: WorkingCopy, **more: Any) -> None:
    steps = step(steps_of(copy), {**copy.document, **more}, what=str(more), at="0")
    assert keep_steps(copy, steps)


def test_copy_is_the_same_until_it_is_saved(cast: Cast, saved: Recipe) -> None:
    copy = begin_copy(Viewer(cast.ben), saved)
    change(copy, name="Uno")
    again = begin_copy(Viewer(cast.ben), saved)
    assert (again.pk, again.document["name"]) == (copy.pk, "Uno")
    assert begin_copy(Viewer(cast.ada), saved).pk != copy.pk
    assert saved.revisions.count() == 1


def test_saving_makes_a_revision_and_ends_the_copy(cast: Cast, saved: Recipe) -> None:
    copy = begin_copy(Viewer(cast.ben), saved)
    change(copy, name="Uno")
    revision = save_copy(copy, cast.ben)
    saved.refresh_from_db()
    assert (revision.number, revision.created_by, saved.name) == (2, cast.ben, "Uno")
    assert not WorkingCopy.objects.exists()


def test_saving_without_a_change_makes_no_revision(cast: Cast, saved: Recipe) -> None:
    assert save_copy(begin_copy(Viewer(cast.ben), saved), cast.ben).number == 1


@pytest.mark.locks
def test_who_saves_second_is_told_and_loses_nothing(cast: Cast, saved: Recipe) -> None:
    mine = begin_copy(Viewer(cast.ben), saved)
    theirs = begin_copy(Viewer(cast.ada), saved)
    change(mine, name="Mine")
    change(theirs, name="Theirs")
    save_copy(theirs, cast.ada)
    with pytest.raises(StaleCopy) as caught:
        save_copy(mine, cast.ben)
    assert caught.value.newest.number == 2
    assert WorkingCopy.objects.get().document["name"] == "Mine"
    assert save_copy(mine, cast.ben, over=2).number == 3
    names = [each.document["name"] for each in saved.revisions.all()]
    assert names == ["Mine", "Theirs", "One"]


def test_saving_over_what_one_saw_does_not_cover_what_came_after(
    cast: Cast, saved: Recipe
) -> None:
    mine = begin_copy(Viewer(cast.ben), saved)
    change(mine, name="Mine")
    save(cast, {**CONTENT, "name": "Second"})
    save(cast, {**CONTENT, "name": "Third"})
    with pytest.raises(StaleCopy):
        save_copy(mine, cast.ben, over=2)


def test_copy_in_which_nothing_was_done_goes_on_from_the_newest(
    cast: Cast, saved: Recipe
) -> None:
    untouched = begin_copy(Viewer(cast.ben), saved)
    touched = begin_copy(Viewer(cast.ada), saved)
    change(touched, name="Mine")
    save(cast, {**CONTENT, "name": "Theirs"})
    assert newer_revision(untouched) == saved.revisions.first()
    again = begin_copy(Viewer(cast.ben), saved)
    assert (again.pk, again.document["name"]) == (untouched.pk, "Theirs")
    assert newer_revision(again) is None
    assert begin_copy(Viewer(cast.ada), saved).document["name"] == "Mine"


def test_theirs_can_be_taken_and_mine_is_an_undo_away(
    cast: Cast, saved: Recipe
) -> None:
    mine = begin_copy(Viewer(cast.ben), saved)
    change(mine, name="Mine")
    newest = save(cast, {**CONTENT, "name": "Theirs"}).revisions.first()
    assert newest is not None
    put_into(mine, newest.document, what="theirs", base=newest)
    mine.refresh_from_db()
    assert (mine.document["name"], mine.base) == ("Theirs", newest)
    assert back(steps_of(mine))[0].document["name"] == "Mine"


@pytest.mark.locks
def test_new_slug_renames_and_a_taken_one_is_a_problem(
    cast: Cast, saved: Recipe
) -> None:
    save(cast, {**CONTENT, "slug": "two"})
    copy = begin_copy(Viewer(cast.ben), saved)
    change(copy, slug="two")
    assert [str(each) for each in problems_of(copy)] == [
        "slug: Research has a recipe `two` already: choose another"
    ]
    with pytest.raises(RecipeRefused):
        save_copy(copy, cast.ben)
    change(copy, slug="three")
    assert save_copy(copy, cast.ben).recipe == saved
    saved.refresh_from_db()
    assert saved.slug == "three"


def test_document_that_cannot_run_is_kept_and_not_saved(
    cast: Cast, saved: Recipe
) -> None:
    copy = begin_copy(Viewer(cast.ben), saved)
    change(copy, layers=[{"kind": "draft", "slots": [{"model": "gone"}] * 2}])
    paths = {problem.path for problem in problems_of(copy)}
    assert paths == {
        "layers[0]",
        "layers[0].slots[0].model",
        "layers[0].slots[1].model",
    }
    with pytest.raises(RecipeRefused):
        save_copy(copy, cast.ben)
    assert find_copy(Viewer(cast.ben), copy.pk).document == copy.document


def test_copy_is_its_persons_alone(cast: Cast, saved: Recipe) -> None:
    copy = begin_copy(Viewer(cast.ben), saved)
    assert find_copy(Viewer(cast.ben), copy.pk) == copy
    for person in (cast.ada, cast.sten, cast.root):
        with pytest.raises(NotFound):
            find_copy(Viewer(person), copy.pk)


def test_viewer_begins_no_copy_and_loses_the_one_that_there_was(
    cast: Cast, saved: Recipe
) -> None:
    with pytest.raises(Forbidden):
        begin_copy(Viewer(cast.vera), saved)
    with pytest.raises(Forbidden):
        new_copy(Viewer(cast.vera), cast.team, CONTENT)
    copy = begin_copy(Viewer(cast.ben), saved)
    cast.ben.memberships.update(role="viewer")
    with pytest.raises(Forbidden):
        find_copy(Viewer(cast.ben), copy.pk)


@pytest.mark.locks
def test_two_changes_at_once_do_not_cover_each_other(cast: Cast, saved: Recipe) -> None:
    first = begin_copy(Viewer(cast.ben), saved)
    second = find_copy(Viewer(cast.ben), first.pk)
    change(first, name="First")
    with pytest.raises(OldVersion):
        change(second, name="Second")
    assert WorkingCopy.objects.get().document["name"] == "First"


def test_document_that_is_too_large_is_refused(cast: Cast, saved: Recipe) -> None:
    copy = begin_copy(Viewer(cast.ben), saved)
    with pytest.raises(DocumentRefused):
        change(copy, description="x" * 262_144)
    with pytest.raises(DocumentRefused):
        new_copy(Viewer(cast.ben), cast.team, {**CONTENT, "name": "a\0b"})
    with pytest.raises(RecipeRefused):
        new_copy(Viewer(cast.ben), cast.team, {**CONTENT, "layers": [5]})


def test_new_copies_are_limited(
    cast: Cast, saved: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "MOST_NEW", 2)
    for _ in range(2):
        new_copy(Viewer(cast.ben), cast.team, CONTENT)
    with pytest.raises(Forbidden):
        new_copy(Viewer(cast.ben), cast.team, CONTENT)


def test_who_edits_now_is_shown_to_others_for_ten_minutes(
    cast: Cast, saved: Recipe
) -> None:
    copy = begin_copy(Viewer(cast.ben), saved)
    assert [each.user for each in others_editing(saved, Viewer(cast.ada))] == [cast.ben]
    assert list(others_editing(saved, Viewer(cast.ben))) == []
    long_ago = timezone.now() - timedelta(minutes=11)
    WorkingCopy.objects.filter(pk=copy.pk).update(changed_at=long_ago)
    assert list(others_editing(saved, Viewer(cast.ada))) == []


def test_older_revision_is_restored_as_the_newest(cast: Cast, saved: Recipe) -> None:
    save(cast, {**CONTENT, "name": "Second"})
    older = Revision.objects.get(number=1)
    restored, is_new = restore_revision(older, cast.ben)
    assert (restored.number, restored.document, is_new) == (3, CONTENT, True)
    assert restore_revision(restored, cast.ben) == (restored, False)


def test_archived_recipe_comes_back(saved: Recipe) -> None:
    archive(saved)
    saved.refresh_from_db()
    first = saved.archived_at
    archive(saved)
    saved.refresh_from_db()
    assert first is not None
    assert saved.archived_at == first
    unarchive(saved)
    saved.refresh_from_db()
    assert saved.archived_at is None


def test_slug_is_made_free(cast: Cast, saved: Recipe) -> None:
    assert free_slug(cast.team, "other") == "other"
    assert free_slug(cast.team, "one") == "one-2"
    save(cast, {**CONTENT, "slug": "one-2"})
    assert free_slug(cast.team, "one") == "one-3"


def test_recipe_that_is_too_large_to_be_drawn_is_not_edited(
    cast: Cast, saved: Recipe
) -> None:
    slots = [{"model": "fast"} for _ in range(301)]
    layers = [{"kind": "draft", "slots": slots}, *CONTENT["layers"]]  # type: ignore[misc]
    crowd = save(cast, {**CONTENT, "slug": "crowd", "layers": layers})
    with pytest.raises(RecipeRefused, match="cannot run"):
        begin_copy(Viewer(cast.ben), crowd)
    with pytest.raises(RecipeRefused):
        change(begin_copy(Viewer(cast.ben), saved), layers=layers)
