"""Holds a file's entries against each other and against what the site has."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from playground.accounts.models import Membership, Team, User
from playground.catalog.queries import known_aliases
from playground.engine.errors import Problem, RecipeError
from playground.engine.plan import check_aliases, parse
from playground.provisioning.entries import Provision, RecipeEntry
from playground.provisioning.files import ProvisionFile


def check_provision(file: ProvisionFile, provision: Provision) -> None:
    """Note every name that leads nowhere, every name given twice, every bad recipe."""
    _check_doubles(file, provision)
    _check_people(file, provision)
    _check_budgets(file, provision)
    _check_recipes(file, provision)


def _check_doubles(file: ProvisionFile, provision: Provision) -> None:
    _once(
        file,
        "user",
        ((f"users[{n}]", user.username) for n, user in enumerate(provision.users)),
    )
    _once(
        file,
        "team",
        ((f"teams[{n}]", team.slug) for n, team in enumerate(provision.teams)),
    )
    _once(
        file,
        "provider",
        (
            (f"providers[{n}]", entry.slug)
            for n, entry in enumerate(provision.providers)
        ),
    )
    _once(file, "alias", ((model.path, model.alias) for model in provision.models))
    _once(
        file,
        "budget",
        ((entry.path, (entry.scope, entry.window)) for entry in provision.budgets),
    )
    _once(
        file,
        "recipe",
        (
            (entry.path, (entry.team, str(entry.document.content.get("slug"))))
            for entry in provision.recipes
        ),
    )


def _once(
    file: ProvisionFile, what: str, named: Iterable[tuple[str, Hashable]]
) -> None:
    seen: dict[Hashable, str] = {}
    for path, name in named:
        if name and name in seen:
            shown = " in ".join(name) if isinstance(name, tuple) else name
            file.complain(path, f"the {what} {shown} is there already, at {seen[name]}")
        seen.setdefault(name, path)


def _check_people(file: ProvisionFile, provision: Provision) -> None:
    users = _usernames(provision)
    for number, team in enumerate(provision.teams):
        for member in team.members:
            if member.user and member.user not in users:
                file.complain(f"{member.path}.user", f"there is no user {member.user}")
        names = ((member.path, member.user) for member in team.members)
        _once(file, f"member of teams[{number}]", names)


def _check_budgets(file: ProvisionFile, provision: Provision) -> None:
    teams, aliases, places = _slugs(provision), _aliases(provision), _places(provision)
    for entry in provision.budgets:
        scope = f"{entry.path}.scope"
        if entry.team and entry.team not in teams:
            file.complain(scope, f"there is no team {entry.team}")
        elif entry.member and (entry.member, entry.team) not in places:
            file.complain(scope, f"{entry.member} is not a member of {entry.team}")
        if entry.model and entry.model not in aliases:
            file.complain(scope, f"there is no model {entry.model}")


def _check_recipes(file: ProvisionFile, provision: Provision) -> None:
    teams, aliases = _slugs(provision), _aliases(provision)
    for entry in provision.recipes:
        if entry.team and entry.team not in teams:
            file.complain(f"{entry.path}.team", f"there is no team {entry.team}")
        for problem in _recipe_problems(entry, aliases):
            file.complain_of_recipe(entry, problem)


def _recipe_problems(entry: RecipeEntry, aliases: set[str]) -> Iterable[Problem]:
    try:
        return check_aliases(parse(entry.document.content), aliases)
    except RecipeError as error:
        return error.problems


def _usernames(provision: Provision) -> set[str]:
    stored = User.objects.values_list("username", flat=True)
    return {*stored, *(user.username for user in provision.users)}


def _slugs(provision: Provision) -> set[str]:
    stored = Team.objects.values_list("slug", flat=True)
    return {*stored, *(team.slug for team in provision.teams)}


def _aliases(provision: Provision) -> set[str]:
    return {*known_aliases(), *(model.alias for model in provision.models)}


def _places(provision: Provision) -> set[tuple[str, str]]:
    stored = Membership.objects.values_list("user__username", "team__slug")
    named = (
        (member.user, team.slug) for team in provision.teams for member in team.members
    )
    return {*stored, *named}
