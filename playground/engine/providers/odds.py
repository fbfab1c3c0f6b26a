"""The odds of the tokens that a model chose among, for verdicts of a single token.

Not every provider gives them, and some refuse a request that asks: then the call is made
again without, and the model is not asked for them any more (see `learning`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from playground.engine.odds import TokenOdds
from playground.engine.providers.redaction import storable

MOST_TOKENS: Final = 16
ALTERNATIVES: Final = 5
ASKED: Final[Mapping[str, object]] = {"logprobs": True, "top_logprobs": ALTERNATIVES}
_LONGEST_TOKEN: Final = 64


def odds_in(choice: Mapping[str, Any]) -> Iterator[TokenOdds]:
    """The odds that a choice carries, token by token; none where it has none."""
    given = choice.get("logprobs")
    if not isinstance(given, dict):
        return
    content = given.get("content")
    for each in content if isinstance(content, list) else ():
        if isinstance(each, dict) and isinstance(each.get("token"), str):
            others = each.get("top_logprobs")
            chances = dict(_chances(others if isinstance(others, list) else ()))
            chances |= dict(_chances([each]))
            yield TokenOdds(_short(each["token"]), chances)


def _chances(tokens: Any) -> Iterator[tuple[str, float]]:
    for each in tokens:
        if not isinstance(each, dict):
            continue
        token, logprob = each.get("token"), each.get("logprob")
        # Never above 0; some write -9999 for what has no chance at all.
        if isinstance(token, str) and isinstance(logprob, int | float) and logprob <= 0:
            yield _short(token), math.exp(logprob)


def _short(token: str) -> str:
    return storable(token[:_LONGEST_TOKEN])
