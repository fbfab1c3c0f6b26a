"""The fields of a slot: each its key in the format, and its one sentence."""

from __future__ import annotations

from playground.pages.builder.specs import FieldSpec, Group

MODEL = FieldSpec("model", "Model", kind="line")
OWN_SYSTEM = FieldSpec("system_prompt", "System prompt", kind="area", wide=True)
PARAMETERS = Group(
    "parameters",
    "Parameters",
    (
        FieldSpec(
            "params.temperature",
            "Temperature",
            "0 repeats itself, higher varies more; empty is not sent.",
            placeholder="the model's",
        ),
        FieldSpec(
            "params.max_tokens",
            "Writes at most",
            "Empty is the model's own most.",
            unit="tokens",
            placeholder="the model's",
        ),
        FieldSpec(
            "samples",
            "Samples",
            "How many drafts this slot writes, each its own call.",
            unit="drafts",
            placeholder="1",
        ),
        FieldSpec(
            "params.top_p",
            "Top p",
            "Cuts off unlikely words; leave one of this and temperature alone.",
            placeholder="the model's",
        ),
        FieldSpec(
            "params.reasoning_effort",
            "Reasoning effort",
            "For models that think before they write.",
            kind="select",
            choices=(
                ("", "the model's"),
                *((word, word) for word in ("none", "minimal", "low", "medium")),
                *((word, word) for word in ("high", "xhigh", "max")),
            ),
        ),
        FieldSpec(
            "params.seed",
            "Seed",
            "The same seed may give the same draft, where the provider keeps it.",
            placeholder="none",
        ),
        FieldSpec(
            "timeout_s",
            "Time limit a call",
            "A call that takes longer is retried; the layer's limit covers all of them.",
            unit="s",
            placeholder="none",
        ),
        FieldSpec(
            "retries",
            "Retries",
            "Further calls after one that failed, afresh for each fallback.",
            placeholder="2",
        ),
    ),
)
FURTHER = Group(
    "further",
    "Label, stop words, more",
    (
        FieldSpec(
            "label",
            "Label",
            "The slot's letter in diagram, drafts and references; empty goes by position.",
            kind="line",
        ),
        FieldSpec(
            "params.stop",
            "Stop words",
            "One a line; the model stops writing before any of them.",
            kind="lines",
            wide=True,
        ),
        FieldSpec(
            "params.extra",
            "Further parameters",
            "A JSON object that is sent along as it is; never a key or an address.",
            kind="json",
            wide=True,
        ),
    ),
)
PROMPT = FieldSpec(
    "prompt",
    "Prompt",
    "What this slot is asked: {{prompt}} is the run's prompt, {{references}} the drafts "
    "it sees, and the recipe's variables by name.",
    kind="area",
    placeholder="{{prompt}}",
    wide=True,
)
