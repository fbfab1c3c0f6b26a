"""What went wrong with a call, in a table's words, the provider's own, and a remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_TITLES = {
    "connect": "no connection",
    "timeout": "took too long",
    "layer_timeout": "took too long",
    "rate": "rate limit",
    "server": "the provider failed",
    "cut": "broke off",
    "blank": "wrote nothing",
    "garbled": "answered something else",
    "quota": "no credit left",
    "key": "key refused",
    "paused": "held back",
    "not_taken": "asked again without it",
    "request": "request refused",
    "too_long": "prompt too long",
    "withheld": "withheld",
}
_REMEDIES = {
    "connect": "See that the provider is up and that its address is right.",
    "timeout": "Raise the slot's time limit a call (timeout_s), or use another model.",
    "layer_timeout": "Raise the layer's time limit (timeout_s), or let its slots write less.",
    "rate": "Wait a minute, or let fewer slots write at once (max_parallel).",
    "server": "Run it again later, or add a fallback to the slot.",
    "cut": "Run it again; if it happens often, add a fallback.",
    "blank": "Try another model, or a prompt that asks for more.",
    "garbled": "Ask an admin whether the provider's address ends in /v1.",
    "quota": "Ask an admin to top up the provider's account.",
    "key": "Ask an admin to renew the provider's credential.",
    "paused": "It is asked again by itself. A fallback at another provider would be asked meanwhile.",
    "not_taken": "It is remembered for the model, and left out from now on.",
    "request": "Check the model's name and the slot's parameters.",
    "too_long": "Shorten the prompt or the references, or use another model.",
    "withheld": "Rephrase the prompt, or use another model.",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong with a call: the provider's words, and what to do."""

    kind: str
    message: str

    @property
    def title(self) -> str:
        """Two or three words for a table."""
        return _TITLES.get(self.kind, "failed")

    @property
    def says(self) -> str:
        """The message as a sentence, whoever it comes from; maybe nothing."""
        told = self.message.strip()
        ended = told if not told or told[-1] in ".!?…:" else f"{told}."
        return ended[:1].upper() + ended[1:]

    @property
    def remedy(self) -> str:
        """What a person can do about it."""
        return _REMEDIES.get(self.kind, "")


def fault_of(error: dict[str, Any] | None) -> Fault | None:
    """The fault in an error as the journal and the feed have it."""
    if not error:
        return None
    return Fault(error.get("kind", ""), error.get("message", ""))
