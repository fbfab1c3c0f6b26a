"""The fields of a layer: each its key in the format, and its one sentence."""

from __future__ import annotations

from dataclasses import replace

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
            "In a draft layer every slot writes a draft. The judges of a rank put drafts in "
            "order, those of select keep the best, those of compare say where they differ; "
            "a vote elects one without a call; an aggregate writes the answer; a route, "
            "first of all, sends hard prompts another way than easy ones.",
            kind="select",
            choices=(
                ("draft", "draft"),
                ("rank", "rank"),
                ("vote", "vote"),
                ("select", "select"),
                ("compare", "compare"),
                ("aggregate", "aggregate"),
                ("route", "route"),
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
WINDOW = FieldSpec(
    "window",
    "Refine by",
    "The best so far is refined with so many samples at a time, until all are read: "
    "slots need several samples. Empty passes all samples on.",
    unit="samples",
    placeholder="not at all",
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
CHOOSES = Group(
    "chooses",
    "What it keeps",
    (
        FieldSpec(
            "keep",
            "Drafts kept",
            "So many go on, the best first; empty keeps the best alone.",
            placeholder="1",
        ),
        FieldSpec(
            "stop_early",
            "End the run when they agree",
            "If the moderators find that all drafts come to the same, the best is the "
            "answer and the layers after it are spared.",
            kind="check",
            default=False,
        ),
    ),
)
JUDGES_NEEDED = FieldSpec(
    "quorum",
    "Judges needed",
    "Goes on once so many replies can be read; empty waits for all and needs none.",
    placeholder="all",
)
IF_A_JUDGE_FAILS = FieldSpec(
    "on_fail",
    "If a judge fails",
    "Or if its reply cannot be read, also not when it is asked once more: go on without "
    "it, or end the run.",
    kind="choice",
    default="drop",
    choices=(("drop", "leave it out"), ("abort", "end the run")),
    wide=True,
)
JUDGES_GO_ON = replace(
    GOES_ON,
    fields=(JUDGES_NEEDED, *GOES_ON.fields[1:-1], IF_A_JUDGE_FAILS),
)
METHOD = FieldSpec(
    "method",
    "How they judge",
    "Two drafts at a time in both orders, all in one list (each judge without its own), "
    "or a score from 1 to 10 for each.",
    kind="select",
    default="pairwise",
    choices=(
        ("pairwise", "pairwise: two at a time"),
        ("listwise", "listwise: all in a list"),
        ("score", "score: 1 to 10 each"),
    ),
)
COMBINE = FieldSpec(
    "combine",
    "How pairs are combined",
    "Mean difference and wins compare all pairs, N(N - 1) calls a judge; a "
    "bubble compares neighbours in one pass, 2(N - 1) calls, and is sure of "
    "the best alone.",
    kind="select",
    default="max_logits",
    choices=(
        ("max_logits", "max_logits: mean difference"),
        ("max_wins", "max_wins: wins"),
        ("bubble", "bubble: one pass"),
    ),
)
KEEP = FieldSpec(
    "keep",
    "How many go on",
    "The best so many are passed on, in order; empty passes all on.",
    placeholder="all",
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
            "Shuffled takes away the advantage of coming first; the seed is recorded. Best "
            "first needs a rank layer before.",
            kind="choice",
            default="fixed",
            choices=(
                ("fixed", "as they stand"),
                ("shuffle", "shuffled"),
                ("by_rank", "best first"),
            ),
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
# Judges of a rank are not told who wrote what, and each sees an order of its own.
_OF_JUDGES: dict[str, str | bool] = {"pack.order": "shuffle", "pack.anonymise": True}
JUDGED_PACK = replace(
    PACK,
    fields=tuple(
        replace(each, default=_OF_JUDGES.get(each.key, each.default))
        for each in PACK.fields
    ),
)
