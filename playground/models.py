"""All models, so that Django finds them in one place."""

from __future__ import annotations

from playground.accounts.models import ApiToken, Membership, SigninLink, Team, User
from playground.catalog.models import Credential, Lesson, ModelCard, Price, Provider
from playground.ledger.models import Budget
from playground.recipes.models import Recipe, Revision, WorkingCopy
from playground.runs.models import (
    Call,
    DeletedRun,
    Draft,
    DraftRequest,
    JournalEntry,
    Run,
    RunWords,
)

__all__ = [
    "ApiToken",
    "Budget",
    "Call",
    "Credential",
    "DeletedRun",
    "Draft",
    "DraftRequest",
    "JournalEntry",
    "Lesson",
    "Membership",
    "ModelCard",
    "Price",
    "Provider",
    "Recipe",
    "Revision",
    "Run",
    "RunWords",
    "SigninLink",
    "Team",
    "User",
    "WorkingCopy",
]
