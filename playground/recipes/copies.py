"""Working copies: a recipe as one person edits it, kept at every change.

Nothing here touches a recipe until `save_copy`; whoever saves second is told first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify

from playground.accounts.access import Viewer, can_run_in
from playground.accounts.models import Team, User
from playground.catalog.queries import known_aliases
from playground.engine.errors import Problem, RecipeError
from playground.engine.plan import check_aliases, parse
from playground.recipes.documents import Document, check_content, same_document
from playground.recipes.models import Recipe, Revision, WorkingCopy
from playground.recipes.outline import outline_of, shape_problems, spelled_path
from playground.recipes.planning import RecipeRefused
from playground.recipes.presets.files import SLUGS
from playground.recipes.queries import current_revision, taken_slugs
from playground.recipes.services import save_revision
from playground.recipes.steps import Steps, step
from playground.web.refusals import Forbidden, NotFound, Refusal

PRESENT_FOR = timedelta(minutes=10)
# Copies without a recipe yet; those of recipes are one a person and recipe.
MOST_NEW = 50


class StaleCopy(Refusal):
    """Somebody saved since this copy began: `newest` is what it has not seen."""

    status = 409
    code = "stale"

    def __init__(self, newest: Revision) -> None:
        super().__init__("Somebody saved this recipe since you began.")
        self.newest = newest


class OldVersion(Refusal):
    """The same copy was changed elsewhere, in another tab, since the form was shown."""

    status = 409
    code = "old_version"


def check_editor(viewer: Viewer, team: Team) -> None:
    """Raises Forbidden for those who only look on."""
    if not can_run_in(viewer, team):
        raise Forbidden(
            f"You may look at the recipes of {team.name}, not change them.",
            "Ask an admin of the team to make you a member.",
        )


def find_copy(viewer: Viewer, copy_id: UUID) -> WorkingCopy:
    """The viewer's own working copy. NotFound for everybody else's."""
    found = (
        WorkingCopy.objects.select_related("team", "recipe__team", "base__created_by")
        .filter(pk=copy_id, user=viewer.user, team__in=viewer.teams())
        .first()
    )
    if found is None:
        raise NotFound(
            "There is no such working copy of yours.",
            "It may have been saved or discarded; the recipe's page has the rest.",
        )
    check_editor(viewer, found.team)
    return found


def begin_copy(viewer: Viewer, recipe: Recipe) -> WorkingCopy:
    """The viewer's working copy of a recipe, begun now unless there is one.

    Raises RecipeRefused for a recipe that is too large to be drawn.
    """
    check_editor(viewer, recipe.team)
    base = current_revision(recipe)
    _check_drawable(base.document)
    content = {**base.document, "slug": recipe.slug}
    copy, is_new = WorkingCopy.objects.get_or_create(
        user=viewer.user,
        recipe=recipe,
        defaults={"team": recipe.team, "base": base, "document": content},
    )
    if not is_new and copy.base_id != base.pk and _is_untouched(copy):
        # Nothing was done in it yet: what others saved meanwhile is no conflict.
        put_into(copy, content, what=f"revision {base.number}", base=base)
    return copy


def _is_untouched(copy: WorkingCopy) -> bool:
    if copy.base is None:
        return False
    slug = copy.document.get("slug")
    return same_document(copy.document, {**copy.base.document, "slug": slug})


def newer_revision(copy: WorkingCopy) -> Revision | None:
    """The newest revision, when it is one that the copy has not seen."""
    if copy.recipe is None:
        return None
    newest = current_revision(copy.recipe)
    return None if newest.pk == copy.base_id else newest


def new_copy(viewer: Viewer, team: Team, document: dict[str, Any]) -> WorkingCopy:
    """A working copy of no recipe yet. Raises RecipeRefused for what cannot be drawn."""
    check_editor(viewer, team)
    check_content(document)
    _check_drawable(document)
    mine = WorkingCopy.objects.filter(user=viewer.user, recipe=None)
    if mine.count() >= MOST_NEW:
        raise Forbidden(
            f"You have {MOST_NEW} new recipes that are not saved yet.",
            "Save or discard some of them first; the page of recipes lists them.",
        )
    return WorkingCopy.objects.create(team=team, user=viewer.user, document=document)


def _check_drawable(document: dict[str, Any]) -> None:
    if problems := shape_problems(document):
        raise RecipeRefused(problems)


def copied(team: Team, document: Mapping[str, Any]) -> dict[str, Any]:
    """A document as the beginning of another recipe, under a name and a slug of its own.

    What began as a preset is no preset: no tag says so any more.
    """
    name = f"{str(document.get('name', ''))[:112]} (copy)"
    slug = slugify(name)[:58].strip("-") or str(document.get("slug", ""))
    own = {**document, "slug": free_slug(team, slug), "name": name}
    tags = own.pop("tags", [])
    kept = [tag for tag in tags if tag != "preset"] if isinstance(tags, list) else tags
    return {**own, "tags": kept} if kept else own


def free_slug(team: Team, slug: str) -> str:
    """This slug, or the first of slug-2, slug-3 … that no recipe or preset has."""
    taken = {*SLUGS, *taken_slugs(team)}
    stem, number = slug[:58], 2
    while slug in taken:
        slug, number = f"{stem}-{number}", number + 1
    return slug


def steps_of(copy: WorkingCopy) -> Steps:
    """The copy's document with its past and its future."""
    return Steps(copy.document, tuple(copy.past), tuple(copy.future))


def keep_steps(copy: WorkingCopy, steps: Steps) -> bool:
    """Keep what an edit came to; True when anything changed.

    Raises DocumentRefused for a document that is too large, RecipeRefused for one that
    cannot be drawn, and OldVersion when another request changed the copy in between.
    """
    if steps == steps_of(copy):
        return False
    check_content(steps.document)
    _check_drawable(steps.document)
    now = timezone.now()
    kept = WorkingCopy.objects.filter(pk=copy.pk, version=copy.version).update(
        document=steps.document,
        past=list(steps.past),
        future=list(steps.future),
        version=copy.version + 1,
        changed_at=now,
    )
    if not kept:
        raise old_version()
    copy.document, copy.version = steps.document, copy.version + 1
    copy.past = cast("list[dict[str, Any]]", list(steps.past))
    copy.future = cast("list[dict[str, Any]]", list(steps.future))
    copy.changed_at = now
    return True


def old_version() -> OldVersion:
    """The refusal for a form that shows an older state."""
    return OldVersion(
        "This working copy was changed in another tab.",
        "Reload this page to go on from there. What you typed last is still in the "
        "form, so copy it first.",
    )


def problems_of(copy: WorkingCopy) -> list[Problem]:
    """All that keeps the copy from being saved."""
    known = known_aliases()
    try:
        plan = parse(copy.document)
    except RecipeError as error:
        return [*error.problems, *_missing_models(copy.document, known)]
    return [*check_aliases(plan, known), *_slug_problems(copy, plan.slug)]


def _missing_models(document: dict[str, Any], known: frozenset[str]) -> list[Problem]:
    """Models outside the catalogue, in a document that has other faults as well."""
    found = []
    for layer in outline_of(document):
        for slot in layer.slots:
            alias = slot.content.get("model")
            if isinstance(alias, str) and alias.strip() and alias not in known:
                path = spelled_path((*layer.path, "slots", slot.position, "model"))
                found.append(Problem(path, f"no model `{alias[:64]}` in the catalogue"))
    return found


def _slug_problems(copy: WorkingCopy, slug: str) -> list[Problem]:
    holder = Recipe.objects.filter(team=copy.team, slug=slug).first()
    if holder is None or holder == copy.recipe:
        return []
    if holder.preset and copy.recipe is None:
        # As where the preset was never used: the team takes its name.
        return []
    return [
        Problem(
            "slug", f"{copy.team.name} has a recipe `{slug}` already: choose another"
        )
    ]


def save_copy(copy: WorkingCopy, by: User, *, over: int | None = None) -> Revision:
    """Make the copy a revision; the copy is gone then.

    Raises RecipeRefused with all that is wrong, and StaleCopy when the newest revision
    is neither the one that the copy began from nor number `over`, which its person saw.
    """
    if problems := problems_of(copy):
        raise RecipeRefused(problems)
    document = Document(copy.document, "")
    with transaction.atomic():
        if copy.recipe is not None:
            _take_place(copy, copy.recipe, over=over)
        _, revision, _ = save_revision(copy.team, document, by)
        copy.delete()
    return revision


def _take_place(copy: WorkingCopy, recipe: Recipe, *, over: int | None) -> None:
    """Hold the recipe, see that nobody saved in between, and give it its new slug."""
    recipe = Recipe.objects.select_for_update().get(pk=recipe.pk)
    newest = current_revision(recipe)
    if newest.pk != copy.base_id and newest.number != over:
        raise StaleCopy(newest)
    if recipe.slug != copy.document["slug"]:
        recipe.slug = copy.document["slug"]
        recipe.save(update_fields=["slug"])


def put_into(
    copy: WorkingCopy, content: dict[str, Any], *, what: str, base: Revision | None
) -> None:
    """Go on from this content instead; the copy's own is one undo away."""
    steps = step(steps_of(copy), content, what=what, at="")
    with transaction.atomic():
        keep_steps(copy, steps)
        if base is not None:
            copy.base = base
            copy.save(update_fields=["base"])


def others_editing(recipe: Recipe, viewer: Viewer) -> QuerySet[WorkingCopy]:
    """Working copies of other people that were changed a moment ago."""
    since = timezone.now() - PRESENT_FOR
    return (
        WorkingCopy.objects.filter(recipe=recipe, changed_at__gte=since)
        .exclude(user=viewer.user)
        .select_related("user")
        .only("id", "changed_at", "recipe", "user")
    )


def unsaved_copies(viewer: Viewer) -> QuerySet[WorkingCopy]:
    """The viewer's own working copies, the latest first, without what undo keeps."""
    return (
        WorkingCopy.objects.filter(user=viewer.user, team__in=viewer.teams())
        .select_related("team", "recipe")
        .defer("past", "future")
    )
