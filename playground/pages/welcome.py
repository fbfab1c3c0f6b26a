"""The first steps of a site: for its admins a list to tick off, for others whom to ask."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import F
from django.http import HttpRequest

from playground.accounts.access import Viewer
from playground.accounts.models import ApiToken, Membership, Team, User
from playground.provisioning.firststart import LOCAL_ALIAS
from playground.runs.queries import workers_alive
from playground.runs.search import Sought, search_runs
from playground.runs.states import RunStatus

_ROOT = Path(__file__).resolve().parents[2]
_LOOKED_AT = 20
_NAMED = 2


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do; `done` is read from the site itself."""

    key: str
    title: str
    done: bool


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a site without a provider of its own says to this viewer."""

    is_bare: bool
    steps: tuple[Step, ...] = ()
    admins: tuple[str, ...] = ()

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(step.done for step in self.steps)

    @property
    def next(self) -> str:
        """The key of the first step that is not done."""
        return next((step.key for step in self.steps if not step.done), "")

    @property
    def who(self) -> str:
        """Whom to ask: `Ada`, `Ada or Ben`."""
        return " or ".join(self.admins)

    @property
    def command(self) -> str:
        """How commands of this installation begin, from whatever directory."""
        return command()


def command() -> str:
    """`manage.py` with this Python and this data directory, to be pasted into a shell."""
    start = [sys.executable, str(_ROOT / "manage.py")]
    given = Path(settings.MOA_DATA)
    place = "" if given == _ROOT / "var" else f"MOA_DATA={shlex.quote(str(given))} "
    return place + shlex.join(start)


def welcome_for(
    viewer: Viewer, team: Team, *, aliases: frozenset[str], request: HttpRequest
) -> Welcome:
    """For a site admin the steps until all are done or put away; else whom to ask."""
    is_bare = not aliases - {LOCAL_ALIAS}
    if viewer.token is not None:
        return Welcome(is_bare)
    if not viewer.is_site_admin:
        return Welcome(is_bare, admins=_admins() if is_bare else ())
    if request.GET.get("steps") == "hide":
        request.session["steps"] = "hide"
    if request.session.get("steps") == "hide" and not is_bare:
        return Welcome(is_bare)
    steps = _steps(viewer, team, is_bare=is_bare)
    return Welcome(is_bare, () if all(step.done for step in steps) else steps)


def _steps(viewer: Viewer, team: Team, *, is_bare: bool) -> tuple[Step, ...]:
    colleagues = Membership.objects.filter(team=team).exclude(user=viewer.user)
    tokens = ApiToken.objects.filter(user=viewer.user, revoked_at=None)
    return (
        Step("runs", "Everything runs", _alive()),
        Step("provider", "Add a provider", not is_bare),
        Step("try", "Try it", not is_bare and _was_tried(viewer)),
        Step("member", "Add a member to your team", colleagues.exists()),
        Step("token", "Make a token for programs", tokens.exists()),
    )


def _alive() -> bool:
    try:
        return workers_alive()
    except ImproperlyConfigured:  # no Redis is set up at all
        return False


def _was_tried(viewer: Viewer) -> bool:
    """Whether one of the newest good runs called a model that is not the small one."""
    newest = search_runs(viewer, Sought(state=RunStatus.DONE)).page(limit=_LOOKED_AT)
    cards = newest.values_list("cards", flat=True)
    return any(set(each) - {LOCAL_ALIAS} for each in cards)


def _admins() -> tuple[str, ...]:
    people = User.objects.filter(is_staff=True, is_active=True).order_by(
        F("last_login").desc(nulls_last=True), "pk"
    )
    return tuple(person.shown_name for person in people[:_NAMED])
