"""`manage.py apitoken USER`: a Bearer token for one user in one team."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from playground.accounts.access import Viewer
from playground.accounts.models import Team, User
from playground.accounts.services import issue_token
from playground.db.commands import DatabaseCommand, UsageError
from playground.web.refusals import Forbidden


class Command(DatabaseCommand):
    """Prints the token alone: it is not shown again."""

    help = "Make an API token and print it, and nothing else."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, for which team, and what to call it."""
        parser.add_argument("user", metavar="USER")
        parser.add_argument("--team", help="The team's slug; default: the only one.")
        parser.add_argument("--name", default="command line")

    def handle(self, *_: Any, **options: Any) -> None:
        """Make the token."""
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise UsageError(f"There is no user {options['user']}.")
        if not user.is_active:
            raise UsageError(f"{user.username} is not active.")
        team = _choose_team(user, options["team"])
        try:
            secret = issue_token(user, team, options["name"][:80])[1]
        except Forbidden as refusal:
            raise UsageError(refusal.headline) from None
        self.stdout.write(secret)


def _choose_team(user: User, slug: str | None) -> Team:
    if slug is not None:
        team = Team.objects.filter(slug=slug).first()
        if team is None:
            raise UsageError(f"There is no team {slug}; {_choices(user)}.")
        return team
    # A site admin sees every team; the own ones are what is meant without --team.
    teams = list(user.teams.order_by("slug")) or list(Viewer(user).teams())
    if len(teams) != 1:
        raise UsageError(f"Say which team with --team; {_choices(user)}.")
    return teams[0]


def _choices(user: User) -> str:
    slugs = sorted(team.slug for team in Viewer(user).teams())
    if not slugs:
        return f"{user.username} is in no team"
    return f"{user.username} is in {', '.join(slugs)}"
