"""Model cards for site admins: what is known of each model, and a form to say it better.

What a package knows stands beside a field as a suggestion; only a person takes it.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from playground.accounts.access import viewer_of
from playground.catalog.forms import CardForm, rows_of, suggested_values, values_of
from playground.catalog.models import ModelCard
from playground.catalog.queries import all_cards, newest_price
from playground.catalog.services import describe_card
from playground.catalog.suggestions import SOURCE, suggestion_for
from playground.recipes.presets.casting import ROLES, cast_seats
from playground.recipes.presets.catalogue import models_at_hand
from playground.web.refusals import Forbidden, NotFound

# As many as any preset asks for.
_MOST_PROPOSERS = 6
_ABOUT = ("family", "size", "reasoning", "good_at")
_LIMITS = ("context", "max_output")


@never_cache
@require_safe
def cards(request: HttpRequest) -> HttpResponse:
    """Every model card, and who would take which role in a preset."""
    _check_admin(request)
    found = [(card, newest_price(card)) for card in all_cards()]
    models = models_at_hand()
    seats = [*ROLES, f"proposer-{min(_MOST_PROPOSERS, len(models)) or 1}"]
    casting = cast_seats(seats, models) if models else None
    context = {"here": "models", "cards": found, "casting": casting}
    return render(request, "models/list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def card(request: HttpRequest, alias: str) -> HttpResponse:
    """One card as a form. `take` puts a suggestion into it and saves nothing yet."""
    _check_admin(request)
    found = _find_card(alias)
    suggestions = suggested_values(suggestion_for(found))
    if request.method != "POST":
        return _form(request, found, CardForm(initial=values_of(found)))
    taken = request.POST.get("take", "")
    if taken in suggestions:
        filled = {**request.POST.dict(), taken: suggestions[taken]}
        return _form(request, found, CardForm(initial=filled))
    form = CardForm(request.POST)
    if not form.is_valid():
        return _form(request, found, form, status=422)
    if describe_card(found, form.cleaned_data):
        messages.success(
            request,
            f"{alias} is saved. Presets use it as it is from their next run on.",
        )
    else:
        messages.success(request, f"{alias} says that already.")
    return redirect("models")


def _check_admin(request: HttpRequest) -> None:
    viewer = viewer_of(request)
    if not viewer.is_site_admin or viewer.token is not None:
        raise Forbidden(
            "Only the admins of this site, signed in here, see its model cards.",
            "Ask one of them to change a card.",
        )


def _find_card(alias: str) -> ModelCard:
    found = None if "\0" in alias else all_cards().filter(alias=alias).first()
    if found is None:
        raise NotFound(f"The catalogue has no model “{alias[:64]}”.")
    return found


def _form(
    request: HttpRequest, found: ModelCard, form: CardForm, *, status: int = 200
) -> HttpResponse:
    suggestions = suggested_values(suggestion_for(found))
    rows = rows_of(form, suggestions)
    context = {
        "here": "models",
        "card": found,
        "about": [row for row in rows if row.name in _ABOUT],
        "limits": [row for row in rows if row.name in _LIMITS],
        "prices": [row for row in rows if row.name not in (*_ABOUT, *_LIMITS)],
        "source": SOURCE if suggestions else "",
    }
    return render(request, "models/form.html", context, status=status)
