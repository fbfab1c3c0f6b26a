"""Who looks at the pages."""

from __future__ import annotations

import pytest
from django.test import Client

from playground.accounts.models import User
from tests.runs.factories import a_member


@pytest.fixture
def ada(client: Client) -> User:
    """A member who is signed in."""
    user = a_member()
    client.force_login(user)
    return user
