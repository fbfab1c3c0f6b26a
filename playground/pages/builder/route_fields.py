"""The fields of a route: how it scores a prompt, its rules, and what it does without."""

from __future__ import annotations

from playground.pages.builder.specs import FieldSpec, Group

_EITHER = (("", "either"), ("true", "yes"), ("false", "no"))

ROUTE = Group(
    "route",
    "How it chooses",
    (
        FieldSpec(
            "by",
            "Who scores the prompt",
            "Rules score it from what stands in it, at no cost. A model reads it and says "
            "how hard it is, from 1 to 5. It is the whole last prompt either way.",
            kind="choice",
            choices=(("rules", "rules"), ("model", "a model")),
            wide=True,
        ),
        FieldSpec(
            "threshold",
            "Threshold",
            "A score of at least this goes above, any other below.",
        ),
    ),
)
RULE = (
    FieldSpec("contains", "Contains one of", kind="words", placeholder="prove, derive"),
    FieldSpec("min_chars", "Characters from", placeholder="0"),
    FieldSpec("max_chars", "to", placeholder="any"),
    FieldSpec("regex", "Matches", kind="line", placeholder=r"(?i)\bwhy\b"),
    FieldSpec("has_code", "A code block", kind="flag", choices=_EITHER),
    FieldSpec("has_options", "Options A, B", kind="flag", choices=_EITHER),
    FieldSpec("score", "Its score"),
)
NEEDS = Group(
    "goes-on",
    "If it cannot say",
    (
        FieldSpec(
            "timeout_s",
            "Time limit",
            "For the score, with what is tried again.",
            unit="s",
            placeholder="300",
        ),
        FieldSpec(
            "on_fail",
            "Without a readable score",
            "After one more request: the prompt counts as hard and the run is degraded, or "
            "the run ends.",
            kind="choice",
            default="drop",
            choices=(("drop", "goes above"), ("abort", "end the run")),
            wide=True,
        ),
    ),
)
