"""What a moa-provision/1 file asks for, as values. None: the file does not say."""

from __future__ import annotations

from dataclasses import dataclass, field

from playground.engine.pricing import Price
from playground.recipes.documents import Document


@dataclass(frozen=True, slots=True)
class UserEntry:
    """A person; the password counts only when the person is made."""

    username: str
    email: str | None
    password: str | None = field(repr=False)
    staff: bool | None


@dataclass(frozen=True, slots=True)
class MemberEntry:
    """A person's role in a team; a new member's is `member` when none is given."""

    path: str
    user: str
    role: str | None


@dataclass(frozen=True, slots=True)
class TeamEntry:
    """A team and the members that the file names."""

    slug: str
    name: str | None
    members: tuple[MemberEntry, ...]


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model card. `price` None is unpriced."""

    path: str
    alias: str
    model: str
    context: int | None
    max_output: int | None
    price: Price | None
    family: str | None
    size: str | None
    reasoning: bool | None
    good_at: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class ProviderEntry:
    """An endpoint, its secret and its models."""

    slug: str
    name: str | None
    base_url: str
    local: bool
    credential: str | None = field(repr=False)
    max_parallel: int | None
    requests_per_minute: int | None
    tokens_per_minute: int | None
    models: tuple[ModelEntry, ...]


@dataclass(frozen=True, slots=True)
class BudgetEntry:
    """A limit on a scope; no team, member or model: the whole site."""

    path: str
    team: str | None
    member: str | None
    model: str | None
    window: str
    usd_nanos: int | None
    tokens: int | None
    runs: int | None
    parallel: int | None
    per_minute: int | None

    @property
    def scope(self) -> str:
        """The scope in words."""
        if self.member:
            return f"{self.member} in {self.team}"
        if self.model:
            return f"model {self.model}"
        return f"team {self.team}" if self.team else "site"


@dataclass(frozen=True, slots=True)
class RecipeEntry:
    """A recipe for a team; `file` is where it stands when not inline."""

    path: str
    team: str
    document: Document
    file: str | None


@dataclass(frozen=True, slots=True)
class Provision:
    """The whole file."""

    users: tuple[UserEntry, ...]
    teams: tuple[TeamEntry, ...]
    providers: tuple[ProviderEntry, ...]
    budgets: tuple[BudgetEntry, ...]
    recipes: tuple[RecipeEntry, ...]

    @property
    def models(self) -> tuple[ModelEntry, ...]:
        """The models of all providers."""
        return tuple(model for entry in self.providers for model in entry.models)
