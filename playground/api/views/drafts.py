"""What may be done with a run's drafts: stop, retry, edit, leave out; and going on.

A wish for a running run answers 202, a new run 201 with its address; forms are sent to
the run's page, htmx goes there by itself.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.datastructures import MultiValueDict
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from playground.accounts.access import Viewer, viewer_of
from playground.api.views.doors import (
    base_url_of,
    for_people_and_programs,
    is_plain_form,
    to_run,
)
from playground.catalog.queries import all_cards, newest_price
from playground.runs.access import find_run
from playground.runs.asking import ask_retry, ask_stop, is_in_hand
from playground.runs.branching import (
    alone,
    find_draft,
    follow_up,
    may_branch,
    retry_in_branch,
    with_edited,
    without_drafts,
)
from playground.runs.export import run_url
from playground.runs.models import Draft, Run
from playground.web.refusals import Forbidden, Refusal


@require_POST
@for_people_and_programs
def stop_draft(request: HttpRequest, run_id: UUID, key: str) -> HttpResponse:
    """Stop one draft of the layer that is being written."""
    viewer, run = _run_of(request, run_id)
    ask_stop(viewer, run, key)
    return _asked(request, run)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_people_and_programs
def retry_draft(request: HttpRequest, run_id: UUID, key: str) -> HttpResponse:
    """Write a draft again, by `model` if there is one: in the run, else in a new one.

    GET shows every model of the catalogue to choose from. In a new run the field `also`
    with the value `failed` writes the drafts of its layer again, too, that failed.
    """
    viewer, run = _run_of(request, run_id)
    draft = find_draft(run, key)
    if request.method != "POST":
        _check_may_branch(viewer, run)
        return _retry_form(request, run, draft)
    fields = _fields(request)
    # Databases take no NUL, not even to look for it.
    alias = _text(fields, "model").replace("\0", "") or None
    if is_in_hand(run, draft):
        ask_retry(viewer, run, key, alias)
        return _asked(request, run)
    _check_may_branch(viewer, run)
    child = retry_in_branch(
        viewer,
        run,
        key,
        alias,
        with_failed=_text(fields, "also") == "failed",
        form_token=_form_token(fields),
    )
    return _begun(request, child)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_people_and_programs
def edit_draft(request: HttpRequest, run_id: UUID, key: str) -> HttpResponse:
    """The form to edit a draft; sent, a new run goes on from the edited text."""
    viewer, run = _run_of(request, run_id)
    _check_may_branch(viewer, run)
    draft = find_draft(run, key)
    if request.method != "POST":
        return _edit_form(request, run, draft, draft.text)
    fields = _fields(request)
    text = _text(fields, "text")
    try:
        child = with_edited(viewer, run, key, text, form_token=_form_token(fields))
    except Refusal as refusal:
        if not is_plain_form(request):
            raise
        return _edit_form(request, run, draft, text, refusal)
    return _begun(request, child)


@require_POST
@for_people_and_programs
def without(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """A new run without the drafts of the fields `key`."""
    viewer, run = _run_of(request, run_id)
    _check_may_branch(viewer, run)
    fields = _fields(request)
    keys, token = [str(key) for key in fields.getlist("key")], _form_token(fields)
    return _begun(request, without_drafts(viewer, run, keys, form_token=token))


@require_POST
@for_people_and_programs
def next_turn(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """A new run on the conversation so far and the field `prompt`."""
    viewer, run = _run_of(request, run_id)
    _check_may_branch(viewer, run)
    fields = _fields(request)
    prompt, token = _text(fields, "prompt"), _form_token(fields)
    return _begun(request, follow_up(viewer, run, prompt, form_token=token))


@require_POST
@for_people_and_programs
def single(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """A new run of the same prompt by one model alone."""
    viewer, run = _run_of(request, run_id)
    _check_may_branch(viewer, run)
    token = _form_token(_fields(request))
    return _begun(request, alone(viewer, run, form_token=token))


def _run_of(request: HttpRequest, run_id: UUID) -> tuple[Viewer, Run]:
    viewer = viewer_of(request)
    return viewer, find_run(viewer, run_id)


def _check_may_branch(viewer: Viewer, run: Run) -> None:
    if not may_branch(viewer, run):
        raise Forbidden(
            f"You may look at {run.team.name}, not run in it.",
            "Ask an admin of the team for the role member.",
        )


def _fields(request: HttpRequest) -> MultiValueDict[str, Any]:
    """What was sent, as a form or as a JSON object."""
    if request.content_type != "application/json":
        return request.POST
    try:
        sent = orjson.loads(request.body or b"{}")
    except orjson.JSONDecodeError:
        sent = None
    if not isinstance(sent, dict):
        raise Refusal("The body is not a JSON object.", "Send one, or a form.")
    return MultiValueDict(
        {
            name: value if isinstance(value, list) else [value]
            for name, value in sent.items()
        }
    )


def _text(fields: MultiValueDict[str, Any], name: str) -> str:
    """A text; browsers end the lines of a form's with CRLF."""
    said = fields.getlist(name)
    return str(said[-1]).replace("\r\n", "\n") if said else ""


def _form_token(fields: MultiValueDict[str, Any]) -> UUID | None:
    try:
        return UUID(_text(fields, "form_token"))
    except ValueError:
        return None


def _edit_form(
    request: HttpRequest,
    run: Run,
    draft: Draft,
    text: str,
    refusal: Refusal | None = None,
) -> HttpResponse:
    context = {
        "here": "history",
        "team": run.team,
        "run": run,
        "draft": draft,
        "text": text,
        "refusal": refusal,
        "form_token": uuid4(),
    }
    status = 200 if refusal is None else refusal.status
    return render(request, "runs/draft_form.html", context, status=status)


def _retry_form(request: HttpRequest, run: Run, draft: Draft) -> HttpResponse:
    cards = all_cards()
    context = {
        "here": "history",
        "team": run.team,
        "run": run,
        "draft": draft,
        "models": [(card, newest_price(card)) for card in cards],
        "is_in_hand": is_in_hand(run, draft),
        "form_token": uuid4(),
    }
    return render(request, "runs/retry_form.html", context)


def _asked(request: HttpRequest, run: Run) -> HttpResponse:
    """The wish is noted; the page hears of it through its socket."""
    if is_plain_form(request):
        return to_run(run.pk)
    if "HX-Request" in request.headers:
        return HttpResponse(status=204)
    return JsonResponse(_document(request, run), status=202)


def _begun(request: HttpRequest, run: Run) -> HttpResponse:
    if is_plain_form(request):
        return to_run(run.pk)
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Redirect": f"/runs/{run.pk}/"})
    return JsonResponse(_document(request, run), status=201)


def _document(request: HttpRequest, run: Run) -> dict[str, str]:
    url = run_url(run, base_url_of(request))
    return {"run": str(run.pk), "url": url, "status": run.status}
