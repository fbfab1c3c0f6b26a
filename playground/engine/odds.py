"""How likely a model found the tokens that it chose among."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TokenOdds:
    """A token that was said, and how likely it and others were, from 0 to 1."""

    token: str
    chances: Mapping[str, float]
