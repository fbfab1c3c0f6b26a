"""The builder's page: it shows a working copy, and takes every change of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from playground.accounts.access import Viewer, viewer_of
from playground.catalog.queries import known_aliases
from playground.pages.builder.acts import add_fallback, perform
from playground.pages.builder.calibrating import calibrate, calibration_of
from playground.pages.builder.desks import Desk, Done
from playground.pages.builder.forms import Sent
from playground.pages.builder.page import Workshop
from playground.pages.builder.places import Place, read_place
from playground.recipes.copies import (
    OldVersion,
    StaleCopy,
    find_copy,
    keep_steps,
    newer_revision,
    old_version,
    put_into,
    save_copy,
    steps_of,
)
from playground.recipes.diffing import changes
from playground.recipes.models import Revision, WorkingCopy
from playground.recipes.outline import outline_of
from playground.recipes.planning import RecipeRefused
from playground.recipes.steps import Steps, back, forth, step

PAGE = "recipes/builder.html"
# Longer pauses between two keys begin a step of their own.
_ONE_STEP = timedelta(seconds=8)
_SAVES = ("save", "save-run")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def builder(request: HttpRequest, copy_id: UUID) -> HttpResponse:
    """A working copy; a POST changes it, whole or field by field, or saves it."""
    viewer = viewer_of(request)
    copy = find_copy(viewer, copy_id)
    if request.method != "POST":
        place = _asked_place(request, copy)
        return render(request, PAGE, Workshop(copy, place, viewer).context())
    do = request.POST.get("do", "keep")
    try:
        place = _change(request, copy, do)
    except OldVersion:
        # A last word on leaving the page may cross with one that is under way.
        if request.POST.get("version") != "*":
            raise
        copy = find_copy(viewer, copy_id)
        place = _change(request, copy, do)
    if do in _SAVES:
        return _save(request, viewer, copy, place)
    return _answer(request, viewer, copy, place, quiet=do == "keep")


def _asked_place(request: HttpRequest, copy: WorkingCopy) -> Place:
    layers = outline_of(copy.document)
    if asked := request.GET.get("at"):
        return read_place(asked, layers)
    return Place(0, 0).within(layers) if copy.base else Place()


def _change(request: HttpRequest, copy: WorkingCopy, do: str) -> Place:
    """Apply the sent form, then what is to be done; the place to show after it."""
    sent_version = request.POST.get("version", "*")
    if sent_version not in {"*", str(copy.version)}:
        raise old_version()
    place = read_place(request.POST.get("place", ""), outline_of(copy.document))
    sent = Sent(copy.document, place, request.POST)
    recent = timezone.now() - copy.changed_at < _ONE_STEP
    steps = step(
        steps_of(copy),
        sent.document,
        what=sent.what,
        at=place.fixed,
        joins=sent.joins and recent,
    )
    steps, place = _done(request, copy, steps, place, do)
    keep_steps(copy, steps)
    return place.within(outline_of(copy.document))


def _done(
    request: HttpRequest, copy: WorkingCopy, steps: Steps, place: Place, do: str
) -> tuple[Steps, Place]:
    if do in {"undo", "redo"}:
        steps, at = back(steps) if do == "undo" else forth(steps)
        layers = outline_of(steps.document)
        return steps, read_place(at, layers) if at else place
    if do in {"keep", "redraw", *_SAVES}:
        return steps, place
    desk = Desk(steps.document, place, sorted(known_aliases()))
    if do == "fallback-add":
        done = add_fallback(desk, request.POST.get("slot.fallback_add", ""))
    elif do == "calibrate":
        done = _calibrated(request, copy, desk)
    else:
        done = perform(do, desk)
    if done.what:
        steps = step(steps, done.document, what=done.what, at=place.fixed)
    return steps, done.place


def _calibrated(request: HttpRequest, copy: WorkingCopy, desk: Desk) -> Done:
    """A threshold for the share that was asked for, by the route as it is in the form."""
    layer = desk.place.layer_in(desk.layers)
    scores = calibration_of(copy, layer).scores if layer else ()
    return calibrate(desk, scores, request.POST.get("share", ""))


def _answer(
    request: HttpRequest,
    viewer: Viewer,
    copy: WorkingCopy,
    place: Place,
    *,
    quiet: bool,
) -> HttpResponse:
    """To htmx the parts that changed, to a plain form the page to go on with."""
    address = _address(copy, place)
    if not getattr(request, "htmx", False):
        return HttpResponse(status=303, headers={"Location": address})
    template = "recipes/_live.html" if quiet else f"{PAGE}#workshop"
    response = render(request, template, Workshop(copy, place, viewer).context())
    response["HX-Replace-Url"] = address
    response["X-Version"] = str(copy.version)
    return response


def _address(copy: WorkingCopy, place: Place) -> str:
    at = quote(place.named(outline_of(copy.document)))
    return f"/builder/{copy.pk}/?at={at}"


def _save(
    request: HttpRequest, viewer: Viewer, copy: WorkingCopy, place: Place
) -> HttpResponse:
    over = re.fullmatch(r"\d{1,9}", request.POST.get("over", ""), re.ASCII)
    base = copy.base
    try:
        revision = save_copy(copy, viewer.user, over=int(over[0]) if over else None)
    except StaleCopy:
        return HttpResponseRedirect(f"/builder/{copy.pk}/stale/")
    except RecipeRefused:
        context = Workshop(copy, place, viewer, refused=True).context()
        return render(request, PAGE, context, status=422)
    same = base is not None and revision.pk == base.pk
    told = "Nothing had changed since" if same else "Saved as"
    messages.success(request, f"{told} revision {revision.number}.")
    return HttpResponse(status=303, headers={"Location": _onward(request, revision)})


def _onward(request: HttpRequest, revision: Revision) -> str:
    recipe = revision.recipe
    if request.POST.get("do") == "save-run":
        return f"/?team={recipe.team.slug}&recipe={recipe.slug}"
    return f"/recipes/{recipe.team.slug}/{recipe.slug}/"


@never_cache
@require_safe
def copy_changes(request: HttpRequest, copy_id: UUID) -> HttpResponse:
    """What differs from the revision that the copy began from; here one discards."""
    copy = find_copy(viewer_of(request), copy_id)
    base = copy.base
    context = {
        "here": "recipes",
        "team": copy.team,
        "copy": copy,
        "base": base,
        "changes": changes(base.document if base else {}, copy.document),
    }
    return render(request, "recipes/changes.html", context)


@require_POST
def discard_copy(request: HttpRequest, copy_id: UUID) -> HttpResponse:
    """Throw a working copy away; its recipe stays as it is."""
    copy = find_copy(viewer_of(request), copy_id)
    onward = "/recipes/"
    if copy.recipe:
        onward = f"/recipes/{copy.team.slug}/{copy.recipe.slug}/"
    copy.delete()
    messages.success(request, "Your changes are discarded.")
    return HttpResponse(status=303, headers={"Location": onward})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stale_copy(request: HttpRequest, copy_id: UUID) -> HttpResponse:
    """Two people changed one recipe: both are shown, and neither is lost."""
    copy = find_copy(viewer_of(request), copy_id)
    newest, base = newer_revision(copy), copy.base
    if newest is None:
        return HttpResponseRedirect(f"/builder/{copy.pk}/")
    if request.method == "POST":
        content = {**newest.document, "slug": copy.document.get("slug", "")}
        what = f"taking revision {newest.number}"
        put_into(copy, content, what=what, base=newest)
        messages.success(
            request,
            f"You go on from revision {newest.number}. Undo brings yours back.",
        )
        return HttpResponse(
            status=303, headers={"Location": f"/builder/{copy.pk}/?at=1"}
        )
    context = {"here": "recipes", "team": copy.team, "copy": copy}
    return render(
        request, "recipes/stale.html", {**context, **_both(copy, base, newest)}
    )


def _both(copy: WorkingCopy, base: Revision | None, newest: Revision) -> dict[str, Any]:
    start = base.document if base else {}
    mine, theirs = changes(start, copy.document), changes(start, newest.document)
    shared = {change.place for change in mine} & {change.place for change in theirs}
    return {
        "base": base,
        "newest": newest,
        "mine": mine,
        "theirs": theirs,
        "between": changes(newest.document, copy.document),
        "shared": sorted(" · ".join(place) for place in shared),
        "next_number": newest.number + 1,
    }
