"""Scores a prompt for a route and chooses its branch, as RouteLLM does: at or over the
threshold goes the dearer way (Ong et al. 2024, arXiv 2406.18665; its `Router.route`).

The prompt is the whole last message of the person who asks, whatever its length.
"""

from __future__ import annotations

import re

from playground.engine.expressions import is_found
from playground.engine.routes import (
    SIDES,
    Ground,
    Route,
    Routing,
    Rule,
    Side,
)
from playground.engine.shapes import Plan

# A prompt that no rule speaks of shows no sign of being hard.
NO_RULE_SCORE = 0.0
_FENCE = re.compile(r"^ {0,3}(?:`{3}|~{3})", re.MULTILINE)
_OPTION = re.compile(r"(?:^|(?<=\s))[(\[]?([A-Ja-j])[)\].:](?=\s)")


def by_rules(route: Route, prompt: str) -> Routing:
    """The decision of the first rule that matches; without one the score is 0."""
    for place, rule in enumerate(route.rules, start=1):
        if matches(rule, prompt):
            return _chosen(route, rule.score, "rule", place, rule.words)
    return _chosen(route, NO_RULE_SCORE, "no_rule")


def by_score(route: Route, score: float | None) -> Routing:
    """The decision on a model's score; without one the prompt counts as hard."""
    if score is None:
        return Routing("above", route.threshold, "fallback")
    return _chosen(route, score, "model")


def foreseen(plan: Plan, prompt: str) -> tuple[Side | None, ...]:
    """The branches that a run on this prompt may take: one where rules choose it."""
    route = plan.layers[0].route
    if route is None:
        return (None,)
    return SIDES if route.by == "model" else (by_rules(route, prompt).side,)


def matches(rule: Rule, prompt: str) -> bool:
    """True when the prompt meets every condition that the rule states."""
    folded = prompt.casefold()
    return all(
        (
            rule.min_chars is None or len(prompt) >= rule.min_chars,
            rule.max_chars is None or len(prompt) <= rule.max_chars,
            not rule.contains or any(w.casefold() in folded for w in rule.contains),
            not rule.regex or is_found(prompt, rule.regex),
            rule.has_code is None or rule.has_code == has_code(prompt),
            rule.has_options is None or rule.has_options == has_options(prompt),
        )
    )


def has_code(prompt: str) -> bool:
    """True when a fenced code block begins in the prompt."""
    return _FENCE.search(prompt) is not None


def has_options(prompt: str) -> bool:
    """True when an option A is followed by an option B: `A) …`, `(a) …`, `A. …`."""
    letters = [letter.lower() for letter in _OPTION.findall(prompt)]
    return "a" in letters and "b" in letters[letters.index("a") :]


def _chosen(
    route: Route, score: float, by: Ground, rule: int | None = None, why: str = ""
) -> Routing:
    side: Side = "above" if score >= route.threshold else "below"
    return Routing(side, route.threshold, by, score, rule, why)
