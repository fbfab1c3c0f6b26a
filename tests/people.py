"""The cast: who is in the team, who is not, and who may do everything."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from cryptography.fernet import Fernet
from django.core.cache import caches
from pytest_django import Settings

from playground.accounts.models import Membership, Role, Team, User


@dataclass(frozen=True, slots=True)
class Cast:
    """Ada owns the team, Ben is a member, Vera looks on, Sten is elsewhere."""

    team: Team
    elsewhere: Team
    ada: User
    ben: User
    vera: User
    sten: User
    root: User


@pytest.fixture
def cast(db: None) -> Cast:
    """Two teams, four people and a site admin."""
    team = Team.objects.create(slug="research", name="Research")
    elsewhere = Team.objects.create(slug="elsewhere", name="Elsewhere")
    places = {
        "ada": (team, Role.OWNER),
        "ben": (team, Role.MEMBER),
        "vera": (team, Role.VIEWER),
        "sten": (elsewhere, Role.OWNER),
    }
    people = {name: User.objects.create(username=name) for name in places}
    for name, (place, role) in places.items():
        Membership.objects.create(user=people[name], team=place, role=role)
    root = User.objects.create(username="root", is_staff=True, is_superuser=True)
    return Cast(team, elsewhere, root=root, **people)


@pytest.fixture
def encryption_key(settings: Settings) -> str:
    """A fresh key in the settings."""
    key = Fernet.generate_key().decode()
    settings.MOA_ENCRYPTION_KEYS = [key]
    return key


@pytest.fixture
def empty_cache() -> None:
    """No tries counted yet."""
    for name in ("default", "process"):
        caches[name].clear()
