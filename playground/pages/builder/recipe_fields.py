"""The fields of a recipe as a whole: each its key, and its one sentence."""

from __future__ import annotations

from playground.pages.builder.specs import FieldSpec, Group

CALLED = Group(
    "called",
    "What it is called",
    (
        FieldSpec("name", "Name", "What people call the recipe.", kind="line"),
        FieldSpec(
            "slug",
            "Slug",
            "Its name in addresses and, as moa/slug, over the API: a new one renames it.",
            kind="line",
        ),
        FieldSpec(
            "description",
            "Description",
            "A sentence for whoever chooses among recipes.",
            kind="area",
            wide=True,
        ),
        FieldSpec(
            "tags", "Tags", "Words, with commas between.", kind="words", wide=True
        ),
    ),
)
LIMITS = Group(
    "limits",
    "Limits of a run",
    (
        FieldSpec(
            "limits.max_cost_usd",
            "Costs at most",
            "A call that does not fit in what is left is not made.",
            unit="dollars",
            placeholder="no limit",
        ),
        FieldSpec(
            "limits.deadline_s",
            "Deadline",
            "From when a worker takes the run; what is not done by then ends.",
            unit="s",
            placeholder="none",
        ),
        FieldSpec(
            "limits.max_calls",
            "Calls at most",
            "Retries and fallbacks count.",
            placeholder="no limit",
        ),
    ),
)
SYSTEM = FieldSpec(
    "system_prompt",
    "System prompt",
    "Every slot is told this, unless it has its own or none.",
    kind="area",
    wide=True,
)
VARIABLE = (
    FieldSpec("name", "Name", kind="line"),
    FieldSpec(
        "type",
        "Type",
        kind="select",
        default="string",
        choices=tuple(
            (word, word) for word in ("string", "text", "number", "integer", "boolean")
        ),
    ),
    FieldSpec("required", "Required", kind="check", default=False),
    FieldSpec("default", "Default", kind="line", placeholder="none"),
    FieldSpec("help", "Help", kind="line", placeholder="shown beside the field"),
)
SAMPLE = FieldSpec("", "Sample prompt", kind="area", wide=True)
