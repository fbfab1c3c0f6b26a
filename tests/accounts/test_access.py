"""Who may do what in which team."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from playground.accounts.access import (
    Viewer,
    can_manage,
    can_run_in,
    can_see,
    find_team,
    viewer_of,
)
from playground.accounts.models import Role
from playground.accounts.services import issue_token
from playground.web.refusals import NotFound, SigninNeeded
from tests.people import Cast
from tests.runs.factories import a_member


@pytest.mark.parametrize(
    ("name", "role", "sees", "runs", "manages"),
    [
        ("ada", Role.OWNER, True, True, True),
        ("ben", Role.MEMBER, True, True, False),
        ("vera", Role.VIEWER, True, False, False),
        ("sten", None, False, False, False),
        ("root", Role.OWNER, True, True, True),
    ],
)
def test_role_decides(
    cast: Cast, name: str, role: Role | None, sees: bool, runs: bool, manages: bool
) -> None:
    viewer = Viewer(getattr(cast, name))
    assert viewer.role_in(cast.team) == role
    assert can_see(viewer, cast.team) is sees
    assert can_run_in(viewer, cast.team) is runs
    assert can_manage(viewer, cast.team) is manages


def test_viewer_sees_own_teams_and_a_site_admin_all(cast: Cast) -> None:
    assert list(Viewer(cast.ben).teams()) == [cast.team]
    assert list(Viewer(cast.root).teams()) == [cast.elsewhere, cast.team]


def test_token_is_no_wider_than_its_team(cast: Cast) -> None:
    token, _ = issue_token(cast.root, cast.elsewhere, "narrow")
    viewer = Viewer(cast.root, token)
    assert list(viewer.teams()) == [cast.elsewhere]
    assert viewer.role_in(cast.team) is None
    assert not can_see(viewer, cast.team)


def test_team_is_not_found_by_a_stranger(cast: Cast) -> None:
    assert find_team(Viewer(cast.vera), "research") == cast.team
    with pytest.raises(NotFound):
        find_team(Viewer(cast.sten), "research")


def test_viewer_of_asks_to_sign_in(cast: Cast, rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()
    with pytest.raises(SigninNeeded):
        viewer_of(request)
    cast.ben.is_active = False
    request.user = cast.ben
    with pytest.raises(SigninNeeded):
        viewer_of(request)


@pytest.mark.django_db
def test_team_that_no_database_would_look_for_is_not_there() -> None:
    with pytest.raises(NotFound):
        find_team(Viewer(a_member()), "a\0b")
