"""The fields of a layer: each its key in the format, and its one sentence."""

from __future__ import annotations

from playground.pages.builder.specs import FieldSpec, Group

DOES = Group(
    "does",
    "What it does",
    (
        FieldSpec(
            "name",
            "Name",
            "What people see above it.",
            kind="line",
            placeholder="Layer",
        ),
        FieldSpec(
            "kind",
            "Kind",
            "In a draft layer every slot writes a draft; a vote elects one of them without "
            "a call; an aggregate writes the answer from them.",
            kind="select",
            choices=(
                ("draft", "draft"),
                ("vote", "vote"),
                ("aggregate", "aggregate"),
            ),
        ),
    ),
)
SEES = FieldSpec(
    "sees",
    "Its slots see",
    "Besides the prompt, each slot reads these drafts as references.",
    kind="choice",
    default="previous",
    choices=(
        ("none", "prompt only"),
        ("previous", "layer before"),
        ("all", "all before"),
    ),
    wide=True,
)
PRIMARY = FieldSpec(
    "primary",
    "Whose draft is the answer",
    "With several slots, this one's; the others stand in when it fails.",
    kind="select",
)
GOES_ON = Group(
    "goes-on",
    "When it goes on",
    (
        FieldSpec(
            "quorum",
            "Usable drafts needed",
            "Goes on once that many are in; empty waits for all and needs one.",
            placeholder="all",
        ),
        FieldSpec(
            "grace_s",
            "Grace for the others",
            "How much longer the rest may write once enough drafts are in.",
            unit="s",
            placeholder="0",
        ),
        FieldSpec(
            "timeout_s",
            "Time limit",
            "Slots still writing after it count as failed.",
            unit="s",
            placeholder="300",
        ),
        FieldSpec(
            "max_parallel",
            "Calls at once",
            "Empty leaves it to the provider's own limit.",
            placeholder="no limit",
        ),
        FieldSpec(
            "on_fail",
            "If a slot fails",
            "After its retries and its fallbacks: go on without it, or end the run.",
            kind="choice",
            default="drop",
            choices=(("drop", "leave it out"), ("abort", "end the run")),
            wide=True,
        ),
    ),
)
VOTE = Group(
    "vote",
    "How it is counted",
    (
        FieldSpec(
            "extract",
            "What counts as the answer",
            "The whole text, its last number, the last letter chosen, what a pattern "
            "finds; or no answer at all: the draft that is most like the others.",
            kind="select",
            default="exact",
            choices=(
                ("exact", "exact: the whole text"),
                ("number", "number: 1,000 = 1e3"),
                ("choice", "choice: A, B, C …"),
                ("regex", "regex: by a pattern"),
                ("medoid", "medoid: most alike"),
            ),
        ),
        FieldSpec(
            "ties",
            "Where several stand equal",
            "Which of their drafts wins.",
            kind="choice",
            default="first",
            choices=(("first", "the first"), ("shortest", "the shortest")),
            wide=True,
        ),
        FieldSpec(
            "stop_early",
            "Stop spare calls",
            "Once no draft to come can change the majority, the rest is not waited for.",
            kind="check",
            default=False,
        ),
    ),
)
PATTERN = FieldSpec(
    "pattern",
    "Pattern",
    "RE2 syntax with a group named answer; its first match counts.",
    kind="line",
    placeholder=r"answer is (?P<answer>\w+)",
    wide=True,
)
VOTE_NEEDS = Group(
    "goes-on",
    "When it counts",
    (
        FieldSpec(
            "quorum",
            "Answers needed",
            "With fewer drafts that have an answer the run fails; empty needs one.",
            placeholder="1",
        ),
        FieldSpec(
            "on_fail",
            "If no draft has an answer",
            "The first draft stands and the run is degraded, or the run ends.",
            kind="choice",
            default="drop",
            choices=(("drop", "the first stands"), ("abort", "end the run")),
            wide=True,
        ),
    ),
)
PACK = Group(
    "pack",
    "How references are laid before it",
    (
        FieldSpec(
            "pack.order",
            "Order",
            "Shuffled takes away the advantage of coming first; the seed is recorded.",
            kind="choice",
            default="fixed",
            choices=(("fixed", "as they stand"), ("shuffle", "shuffled")),
            wide=True,
        ),
        FieldSpec(
            "pack.placement",
            "Place",
            "After the prompt, so that what comes before stays in the provider's cache; "
            "or in the system prompt.",
            kind="choice",
            default="user_tail",
            choices=(("user_tail", "after the prompt"), ("system", "system prompt")),
            wide=True,
        ),
        FieldSpec(
            "pack.anonymise",
            "Hide which model wrote it",
            "Models favour their own text when they know it.",
            kind="check",
            default=False,
        ),
        FieldSpec(
            "pack.strip_reasoning",
            "Leave out reasoning",
            "Thoughts between think tags are not passed on.",
            kind="check",
            default=True,
        ),
        FieldSpec(
            "pack.max_chars",
            "Each at most",
            "A longer reference is trimmed, visibly; empty is four times what its slot "
            "may write.",
            unit="characters",
            placeholder="usual",
        ),
        FieldSpec(
            "pack.header",
            "Words before them all",
            "Plain text that introduces the references; empty is the house's own.",
            kind="area",
            wide=True,
        ),
        FieldSpec(
            "pack.template",
            "Template of each",
            "How one reference is written, with {{label}}, {{model}} and {{text}}; "
            "empty is the house's own.",
            kind="area",
            placeholder="Draft {{label}}, written by {{model}}: …",
            wide=True,
        ),
    ),
)
