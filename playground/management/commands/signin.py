"""`manage.py signin [USER]`: a link that signs one person in, once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from playground.accounts.models import User
from playground.accounts.services import issue_signin_link
from playground.db.commands import DatabaseCommand, UsageError


class Command(DatabaseCommand):
    """Prints an absolute URL, valid for an hour."""

    help = "Print a one-time sign-in link; without USER for the first site admin."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whom it signs in."""
        parser.add_argument("user", metavar="USER", nargs="?")

    def handle(self, *_: Any, **options: Any) -> None:
        """Make the link."""
        path = issue_signin_link(_find_user(options["user"]))
        self.stdout.write(f"{settings.SITE_URL or 'http://127.0.0.1:8000'}{path}")


def _find_user(username: str | None) -> User:
    people = User.objects.filter(is_active=True).order_by("pk")
    if username is None:
        user = people.filter(is_staff=True).first()
        if user is None:
            raise UsageError("There is no site admin. Name a USER.")
        return user
    user = people.filter(username=username).first()
    if user is None:
        raise UsageError(f"There is no active user {username}.")
    return user
