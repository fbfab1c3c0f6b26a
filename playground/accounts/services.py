"""Makes and takes tokens and one-time links. Only hashes of them are stored."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from playground.accounts.models import ApiToken, Membership, SigninLink, Team, User
from playground.web.refusals import Forbidden, Gone, SigninNeeded

LINK_LIFETIME = timedelta(hours=1)
_SECRET_BYTES = 32
_USE_NOTED_EVERY = timedelta(minutes=1)


def digest_of(secret: str) -> str:
    """What is stored of a random secret; long random input needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue_token(
    user: User, team: Team, name: str, *, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a token for one user in one team; the secret is shown this once.

    Raises Forbidden when the user is neither in the team nor a site admin.
    """
    if not (user.is_staff or _is_member(user, team)):
        raise Forbidden(f"{user.username} is not a member of {team.slug}.")
    secret = f"moa_{secrets.token_urlsafe(_SECRET_BYTES)}"
    token = ApiToken.objects.create(
        user=user,
        team=team,
        name=name,
        digest=digest_of(secret),
        last4=secret[-4:],
        expires_at=expires_at,
    )
    return token, secret


def find_token(secret: str) -> ApiToken:
    """The valid token of that secret, its use noted at most once a minute.

    Raises SigninNeeded, without saying whether it is unknown, expired or revoked.
    """
    now = timezone.now()
    token = (
        ApiToken.objects.select_related("user", "team")
        .filter(digest=digest_of(secret), revoked_at=None, user__is_active=True)
        .filter(Q(expires_at=None) | Q(expires_at__gt=now))
        .first()
    )
    if token is None or not (token.user.is_staff or _is_member(token.user, token.team)):
        raise SigninNeeded(
            "This token is not valid.",
            "It may be mistyped, expired or revoked: `manage.py apitoken USER` "
            "makes a new one.",
            code="invalid_api_key",
        )
    _note_use(token, now)
    return token


def _is_member(user: User, team: Team) -> bool:
    return Membership.objects.filter(user=user, team=team).exists()


def _note_use(token: ApiToken, now: datetime) -> None:
    if token.last_used_at is None or now - token.last_used_at > _USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def issue_signin_link(user: User) -> str:
    """The path of a fresh link that signs the user in once, within the hour."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    now = timezone.now()
    with transaction.atomic():
        SigninLink.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()
        SigninLink.objects.create(
            user=user, digest=digest_of(secret), expires_at=now + LINK_LIFETIME
        )
    return reverse("signin-link", args=[secret])


def peek_signin_link(secret: str) -> User:
    """Whom the link would sign in; it stays usable. Raises Gone when it is not."""
    link = _usable_links(secret).select_related("user").first()
    if link is None:
        raise _spent()
    return link.user


def use_signin_link(secret: str) -> User:
    """Use the link up and return its person. Raises Gone when it is used or old."""
    # One conditional UPDATE decides: of two clicks at once, one wins.
    if not _usable_links(secret).update(used_at=timezone.now()):
        raise _spent()
    return SigninLink.objects.select_related("user").get(digest=digest_of(secret)).user


def _usable_links(secret: str) -> QuerySet[SigninLink]:
    return SigninLink.objects.filter(
        digest=digest_of(secret),
        used_at=None,
        expires_at__gt=timezone.now(),
        user__is_active=True,
    )


def _spent() -> Gone:
    return Gone(
        "This sign-in link has been used or has expired.",
        "Each works once, for an hour. On the machine of the site, "
        "`manage.py signin` prints a new one.",
    )
