"""Reads moa-provision/1 into entries and notes every problem on the way."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from playground.accounts.models import Role
from playground.catalog.services import base_url_fault
from playground.engine.pricing import Price, Tier, nanos_of
from playground.engine.reading import Reader
from playground.ledger.models import Window
from playground.provisioning.entries import (
    BudgetEntry,
    MemberEntry,
    ModelEntry,
    ProviderEntry,
    TeamEntry,
    UserEntry,
)
from playground.provisioning.secrets import Secrets

SCHEMA = "moa-provision/1"
_SLUG = r"[a-z0-9][a-z0-9_-]{0,63}"
_SLUG_WORDS = "1 to 64 of a-z, 0-9, `-` and `_`, beginning with a letter or digit"
_ALIAS = r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,63}"
_USERNAME = r"[\w.@+-]{1,150}"
_LARGEST = 2**31 - 1
_DEAREST = 1_000_000
_PLACES = 12


def read_user(reader: Reader, secrets: Secrets) -> UserEntry:
    """One person."""
    username = _required(reader, "username", _USERNAME, "letters, digits and @.+-_")
    email = reader.text("email", longest=254)
    if email:
        try:
            validate_email(email)
        except ValidationError:
            reader.complain("email", "must be an e-mail address")
    entry = UserEntry(
        username, email, secrets.read(reader, "password"), reader.flag("staff")
    )
    reader.close()
    return entry


def read_team(reader: Reader) -> TeamEntry:
    """One team with its members."""
    entry = TeamEntry(
        slug=_required(reader, "slug", _SLUG, _SLUG_WORDS),
        name=reader.text("name", longest=120, empty=False),
        members=tuple(
            _read_member(Reader(item, path, reader.problems))
            for path, item in reader.items("members")
        ),
    )
    reader.close()
    return entry


def _read_member(reader: Reader) -> MemberEntry:
    role = reader.one_of("role", [role.value for role in Role])
    user = _required(reader, "user", None, "")
    reader.close()
    return MemberEntry(reader.path, user, role)


def read_provider(reader: Reader, secrets: Secrets) -> ProviderEntry:
    """One endpoint with its models."""
    local = reader.flag("local") or False
    base_url = _required(reader, "base_url", None, "")
    if base_url and (fault := base_url_fault(base_url, local=local)):
        reader.complain("base_url", fault)
    entry = ProviderEntry(
        slug=_required(reader, "slug", _SLUG, _SLUG_WORDS),
        name=reader.text("name", longest=120, empty=False),
        base_url=base_url.rstrip("/"),
        local=local,
        credential=secrets.read(reader, "credential", is_header=True),
        max_parallel=reader.whole("max_parallel", low=0, high=_LARGEST),
        requests_per_minute=reader.whole("requests_per_minute", low=0, high=_LARGEST),
        tokens_per_minute=reader.whole("tokens_per_minute", low=0, high=_LARGEST),
        models=tuple(
            _read_model(Reader(item, path, reader.problems))
            for path, item in reader.items("models")
        ),
    )
    reader.close()
    return entry


def _read_model(reader: Reader) -> ModelEntry:
    good_at = reader.texts("good_at", longest=64)
    entry = ModelEntry(
        path=reader.path,
        alias=_required(reader, "alias", _ALIAS, "1 to 64 letters, digits and ._:@/-"),
        model=_required(reader, "model", r"(?s)\S.{0,199}", "1 to 200 characters"),
        context=reader.whole("context", low=1, high=_LARGEST),
        max_output=reader.whole("max_output", low=1, high=_LARGEST),
        price=_read_price(reader),
        family=reader.text("family", longest=64),
        size=reader.text("size", longest=32),
        reasoning=reader.flag("reasoning"),
        good_at=good_at or None,
    )
    reader.close()
    return entry


def _read_price(model: Reader) -> Price | None:
    given = model.take("price")
    if given is None:
        return None
    if given == 0 and not isinstance(given, bool):
        return Price(input=Decimal(0), output=Decimal(0))
    if not isinstance(given, Mapping):
        model.complain("price", "must be 0 (free), or a mapping of input and output")
        return None
    reader = Reader(given, model.at("price"), model.problems)
    price = Price(
        input=_rate(reader, "input", required=True) or Decimal(0),
        output=_rate(reader, "output", required=True) or Decimal(0),
        cached_input=_rate(reader, "cached_input"),
        tiers=tuple(
            _read_tier(Reader(item, path, reader.problems))
            for path, item in reader.items("tiers")
        ),
    )
    reader.close()
    return price


def _read_tier(reader: Reader) -> Tier:
    reader.require("above", "the prompt's length in tokens from which it counts")
    tier = Tier(
        above=reader.whole("above", low=1) or 1,
        input=_rate(reader, "input", required=True) or Decimal(0),
        output=_rate(reader, "output", required=True) or Decimal(0),
        cached_input=_rate(reader, "cached_input"),
    )
    reader.close()
    return tier


def _rate(reader: Reader, name: str, *, required: bool = False) -> Decimal | None:
    if required:
        reader.require(name, "USD per million tokens; 0 is free")
    number = reader.number(name, high=_DEAREST)
    if number is None:
        return None
    rate = Decimal(str(number))
    exponent = rate.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_PLACES:
        reader.complain(name, f"has more than {_PLACES} places")
    return rate


def read_budget(reader: Reader) -> BudgetEntry:
    """One limit on one scope in one window."""
    team, member, model = _read_scope(reader)
    reader.require("window", "day, week, month or total")
    usd = reader.number("usd", high=_DEAREST * 1000)
    entry = BudgetEntry(
        path=reader.path,
        team=team,
        member=member,
        model=model,
        window=reader.one_of("window", [window.value for window in Window]) or "total",
        usd_nanos=None if usd is None else nanos_of(Decimal(str(usd))),
        tokens=reader.whole("tokens", low=0, high=2**62),
        runs=reader.whole("runs", low=0, high=2**62),
        parallel=reader.whole("parallel", low=0, high=_LARGEST),
        per_minute=reader.whole("per_minute", low=0, high=_LARGEST),
    )
    units = ("usd", "tokens", "runs", "parallel", "per_minute")
    if all(reader.take(unit) is None for unit in units):
        reader.complain("window", f"a budget limits at least one of {', '.join(units)}")
    reader.close()
    return entry


def _read_scope(budget: Reader) -> tuple[str | None, str | None, str | None]:
    given = budget.take("scope")
    if given == "site":
        return None, None, None
    wanted = "must be site, {team}, {member, team} or {model}"
    if not isinstance(given, Mapping):
        budget.complain("scope", wanted)
        return None, None, None
    reader = Reader(given, budget.at("scope"), budget.problems)
    team, member, model = (reader.text(name) for name in ("team", "member", "model"))
    reader.close()
    if bool(team) == bool(model) or (member and not team):
        budget.complain("scope", wanted)
    return team, member, model


def _required(reader: Reader, name: str, pattern: str | None, wanted: str) -> str:
    reader.require(name, wanted or "it must not be left out")
    text = reader.text(name, pattern=pattern, wanted=wanted, longest=500)
    if text == "" and pattern is None:
        reader.complain(name, "must not be empty")
    return text or ""
