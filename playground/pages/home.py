"""Home: the composer, the recipes and prompts to begin with, and what ran lately."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from playground.accounts.access import Viewer, can_run_in, find_team, viewer_of
from playground.accounts.models import Team
from playground.catalog.queries import known_aliases
from playground.engine.messages import Message
from playground.pages.choices import (
    Choice,
    choice_of,
    choices_of,
    own_teams_first,
    with_medians,
    with_outlooks,
)
from playground.pages.depth import SENTENCE
from playground.pages.estimates import Forecast, forecast_of
from playground.pages.forms import Composer, blank_composer, sent_composer
from playground.pages.listing import RunRow, rows_of
from playground.pages.prompts import sample_named
from playground.pages.welcome import welcome_for
from playground.provisioning.firststart import LOCAL_ALIAS
from playground.recipes.offers import find_offer, keep
from playground.runs.access import find_run
from playground.runs.models import Run
from playground.runs.recorded import recorded_in
from playground.runs.search import Sought, search_runs
from playground.runs.services import start_run
from playground.web.refusals import Refusal, SigninNeeded

RECENT = 8
PAGE = "pages/home.html"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """The composer, and what ran lately; a POST starts a run."""
    viewer = viewer_of(request)
    teams = own_teams_first(viewer)
    team = _team_here(request, viewer, teams)
    if team is None:
        return render(request, "pages/no_team.html", {"here": "home"})
    choices = with_medians(viewer, choices_of(viewer, team))
    page = _Page(request, viewer, team, teams)
    if request.method != "POST":
        return page.show(_blank(page, choices))
    composer = sent_composer(choices, request)
    if "show" in request.POST:
        return page.show(composer)
    return _start(page, composer)


def _blank(page: _Page, choices: list[Choice]) -> Composer:
    """The form before anything was typed into it, or with an earlier run's text."""
    given = page.request.GET
    earlier = _earlier(page.viewer, given.get("from", ""))
    chosen = [given.get("recipe", "")]
    if earlier is not None:
        chosen.append(earlier.revision.recipe.slug)
    composer = blank_composer(
        choices,
        chosen=[*chosen, page.remembered()],
        prompt=earlier.prompt if earlier else "",
        variables=earlier.variables if earlier else {},
    )
    if composer.choice and "sample" in given:
        own = composer.choice.plan.sample_prompts
        composer.prompt = sample_named(given["sample"], own)
    return composer


def _earlier(viewer: Viewer, run_id: str) -> Run | None:
    try:
        return find_run(viewer, run_id) if run_id else None
    except Refusal:
        return None


def _start(page: _Page, composer: Composer) -> HttpResponse:
    choice = composer.choice
    if choice is None:
        return page.show(composer, status=422)
    page.remember(choice.slug)
    try:
        run = start_run(
            viewer=page.viewer,
            team=page.team,
            revision=keep(choice.offer),
            messages=[Message("user", composer.prompt)],
            variables=composer.values(),
            form_token=composer.token,
        )
    except SigninNeeded:
        raise
    except Refusal as refusal:
        composer.refuse(refusal)
        return page.show(composer, status=refusal.status)
    return HttpResponse(status=303, headers={"Location": f"/runs/{run.pk}/"})


class _Page:
    """One showing of home: to whom, in which team."""

    def __init__(
        self, request: HttpRequest, viewer: Viewer, team: Team, teams: list[Team]
    ) -> None:
        self.request = request
        self.viewer = viewer
        self.team = team
        self.teams = teams
        self._mine: list[RunRow] | None = None

    @property
    def mine(self) -> list[RunRow]:
        """The viewer's newest runs in this team."""
        if self._mine is None:
            self._mine = self._newest(Sought(team=self.team, user=self.viewer.user))
        return self._mine

    def remembered(self) -> str:
        """The recipe that this person chose last in this team, on whatever machine."""
        if self.viewer.token is None:
            kept = self.request.session.get("recipes", {})
            if slug := kept.get(self.team.slug):
                return str(slug)
        return self.mine[0].run.revision.recipe.slug if self.mine else ""

    def remember(self, slug: str) -> None:
        """Keep the choice for the next visit."""
        if self.viewer.token is not None:
            return
        kept = self.request.session.get("recipes", {})
        if kept.get(self.team.slug) != slug:
            self.request.session["recipes"] = {**kept, self.team.slug: slug}

    def show(self, composer: Composer, *, status: int = 200) -> HttpResponse:
        """The page; for htmx the part that the choice of a recipe changes."""
        sent = self.request.GET or self.request.POST
        if composer.choice is not None and "recipe" in sent:
            self.remember(composer.chosen)
        context = self._about(composer)
        if self.request.headers.get("HX-Target") == "setup":
            return render(self.request, f"{PAGE}#setup", context, status=status)
        composer.choices = with_outlooks(self.team, composer.choices)
        return render(self.request, PAGE, context | self._around(), status=status)

    def _about(self, composer: Composer) -> dict[str, Any]:
        return {
            "here": "home",
            "team": self.team,
            "teams": self.teams,
            "composer": composer,
            "choice": composer.choice,
            "sentence": SENTENCE,
            "most_bytes": settings.MOA_MESSAGE_BYTES,
            "may_run": can_run_in(self.viewer, self.team),
            "tiny": _tiny_model(composer),
            "forecast": _forecast(self.team, composer),
        }

    def _around(self) -> dict[str, Any]:
        aliases = known_aliases()
        others = Sought(team=self.team, other_than=self.viewer.user)
        return {
            "mine": self.mine,
            "theirs": self._newest(others),
            "has_models": bool(aliases),
            "recorded": recorded_in(self.team),
            "welcome": welcome_for(
                self.viewer, self.team, aliases=aliases, request=self.request
            ),
        }

    def _newest(self, sought: Sought) -> list[RunRow]:
        return rows_of(search_runs(self.viewer, sought).page(limit=RECENT))


@never_cache
@require_POST
def estimated(request: HttpRequest) -> HttpResponse:
    """What the composer as it is filled in would come to; nothing is started.

    A POST because prompts are longer than addresses may be.
    """
    viewer = viewer_of(request)
    team_slug = request.POST.get("team", "")
    offer = find_offer(viewer, team_slug, request.POST.get("recipe", ""))
    composer = sent_composer([choice_of(offer)], request)
    context = {"forecast": _forecast(offer.recipe.team, composer)}
    return render(request, "pages/estimate.html", context)


def _forecast(team: Team, composer: Composer) -> Forecast | None:
    if composer.choice is None:
        return None
    return forecast_of(team, composer.choice.plan, composer.prompt, composer.values())


def _tiny_model(composer: Composer) -> str:
    """The alias of the model that ships with the product, where the choice lives on it."""
    chosen = composer.choice
    return LOCAL_ALIAS if chosen and chosen.plan.aliases() == {LOCAL_ALIAS} else ""


def _team_here(request: HttpRequest, viewer: Viewer, teams: list[Team]) -> Team | None:
    """The team asked for, else the one of last time, else the first."""
    wanted = request.POST.get("team") or request.GET.get("team")
    if wanted:
        team = find_team(viewer, wanted)
        if viewer.token is None and request.session.get("team") != team.slug:
            request.session["team"] = team.slug
        return team
    last = "" if viewer.token else request.session.get("team", "")
    return next((team for team in teams if team.slug == last), next(iter(teams), None))
