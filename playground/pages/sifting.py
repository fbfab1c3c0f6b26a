"""What history's form asks for: read from the address, and written back into links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from playground.accounts.access import Viewer, find_team
from playground.accounts.models import Team, User
from playground.recipes.models import Recipe
from playground.runs.search import OPEN, Sought

MOST_OPTIONS = 300
STATES = {
    OPEN: "Still running",
    "done": "Done",
    "failed": "Failed",
    "cancelled": "Stopped",
}
ORIGINS = {"web": "The web page", "api": "The API", "cli": "The command line"}
ME = "me"
FIELDS = ("q", "team", "by", "recipe", "state", "degraded", "origin", "from", "to")


@dataclass(slots=True)
class Sieve:
    """The filters as they were asked for, what there is to choose, what made no sense."""

    viewer: Viewer
    asked: dict[str, str]
    teams: list[Team]
    team: Team | None
    people: list[User]
    recipes: list[Recipe]
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def active(self) -> int:
        """How many filters narrow the list, the words not counted."""
        return sum(bool(value) for name, value in self.asked.items() if name != "q")

    @property
    def is_empty(self) -> bool:
        """True where nothing narrows the list."""
        return not any(self.asked.values())

    @property
    def several(self) -> bool:
        """True where runs of more than one team are in the list."""
        return self.team is None and len(self.teams) > 1

    @property
    def query(self) -> str:
        """The filters as the query of an address, without a page."""
        return urlencode({name: value for name, value in self.asked.items() if value})

    @property
    def states(self) -> list[tuple[str, str]]:
        """The states to choose from."""
        return list(STATES.items())

    @property
    def origins(self) -> list[tuple[str, str]]:
        """Where a run can have come from."""
        return list(ORIGINS.items())

    def sought(self) -> Sought:
        """What to search for. A value that makes no sense is noted in `faults`."""
        asked = self.asked
        since, until = self._day("from"), self._day("to")
        return Sought(
            words=asked["q"],
            team=self.team,
            user=self._person(),
            recipe=self._recipe(),
            state=self._known("state", STATES),
            degraded=bool(asked["degraded"]),
            origin=self._known("origin", ORIGINS),
            since=since,
            until=until + timedelta(days=1) if until else None,
        )

    def _person(self) -> User | None:
        name = self.asked["by"]
        if name == ME:
            return self.viewer.user
        found = next((one for one in self.people if one.username == name), None)
        if name and found is None:
            self.faults["by"] = "Nobody of that name is in these teams."
        return found

    def _recipe(self) -> Recipe | None:
        name = self.asked["recipe"]
        found = next((one for one in self.recipes if str(one) == name), None)
        if name and found is None:
            self.faults["recipe"] = "These teams have no such recipe."
        return found

    def _known(self, name: str, known: Mapping[str, str]) -> str:
        value = self.asked[name]
        if value and value not in known:
            self.faults[name] = "There is no such choice."
            return ""
        return value

    def _day(self, name: str) -> datetime | None:
        value = self.asked[name]
        if not value:
            return None
        try:
            return datetime.combine(date.fromisoformat(value), time(), UTC)
        except ValueError:
            self.faults[name] = "A day is written as 2026-03-31."
            return None


def sieve_of(viewer: Viewer, given: Mapping[str, str]) -> Sieve:
    """Read the filters. Raises NotFound for a team that the viewer does not see."""
    asked = {name: given.get(name, "").strip()[:1000] for name in FIELDS}
    if "mine" in given:
        asked["by"] = ME
    team = find_team(viewer, asked["team"]) if asked["team"] else None
    teams = list(viewer.teams())
    shown = [team] if team else teams
    people = User.objects.filter(memberships__team__in=shown).distinct()
    recipes = Recipe.objects.filter(team__in=shown).select_related("team")
    return Sieve(
        viewer,
        asked,
        teams,
        team,
        people=list(people.order_by("username")[:MOST_OPTIONS]),
        recipes=list(recipes.order_by("team__name", "name", "pk")[:MOST_OPTIONS]),
    )
