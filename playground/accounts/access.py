"""Who is looking, and what that person may do in which team."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest

from playground.accounts.models import ApiToken, Membership, Role, Team, User
from playground.web.refusals import NotFound, SigninNeeded

_RUNNERS = {Role.OWNER, Role.ADMIN, Role.MEMBER}
_MANAGERS = {Role.OWNER, Role.ADMIN}


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person, or a program with that person's token for one team."""

    user: User
    token: ApiToken | None = None

    @property
    def is_site_admin(self) -> bool:
        """True for staff; a token does not widen beyond its team by this."""
        return self.user.is_staff

    def teams(self) -> QuerySet[Team]:
        """The teams that this viewer sees, by name."""
        teams = Team.objects.order_by("name", "pk")
        if not self.is_site_admin:
            teams = teams.filter(memberships__user=self.user)
        if self.token is not None:
            teams = teams.filter(pk=self.token.team_id)
        return teams

    def role_in(self, team: Team) -> Role | None:
        """The role in a team; site admins count as owners; None for strangers."""
        if self.token is not None and self.token.team_id != team.pk:
            return None
        if self.is_site_admin:
            return Role.OWNER
        place = Membership.objects.filter(user=self.user, team=team).first()
        return Role(place.role) if place else None


def viewer_of(request: HttpRequest) -> Viewer:
    """Who sent the request. Raises SigninNeeded when nobody is signed in."""
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        raise SigninNeeded("Sign in to see this.", "Programs send a Bearer token.")
    return Viewer(user, getattr(request, "api_token", None))


def can_see(viewer: Viewer, team: Team) -> bool:
    """True for every member, whatever the role."""
    return viewer.role_in(team) is not None


def can_run_in(viewer: Viewer, team: Team) -> bool:
    """True from member upwards: a role `viewer` looks on."""
    return viewer.role_in(team) in _RUNNERS


def can_manage(viewer: Viewer, team: Team) -> bool:
    """True for the team's admins and owners, and for site admins."""
    return viewer.role_in(team) in _MANAGERS


def teams_managed(viewer: Viewer) -> QuerySet[Team]:
    """The teams in which `can_manage` holds, as one query."""
    teams = viewer.teams()
    if viewer.is_site_admin:
        return teams
    managing = Membership.objects.filter(user=viewer.user, role__in=_MANAGERS)
    return teams.filter(pk__in=managing.values("team"))


def find_team(viewer: Viewer, slug: str) -> Team:
    """The team of that slug. Raises NotFound, for strangers too."""
    # A database would refuse to look for a NUL, in its own words.
    team = None if "\0" in slug else viewer.teams().filter(slug=slug).first()
    if team is None:
        raise NotFound(
            f"There is no team “{slug}” here.", "You may not be a member of it."
        )
    return team
