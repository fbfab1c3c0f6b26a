"""What a foreign mixture becomes: a document, and what its person should know."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from playground.engine.placeholders import names_in
from playground.engine.plan import SCHEMA
from playground.recipes.foreign.settings import (
    Settings,
    is_number,
    is_texts,
    is_whole,
)

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_MAX_TOKENS = (
    *("max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens"),
    "num_predict",
)
MOST_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Converted:
    """A foreign mixture as a moa-recipe/1 document, its models still by their own names."""

    origin: str
    content: dict[str, Any]
    told: tuple[str, ...]


@dataclass(slots=True)
class Sketch:
    """One conversion under way; `key` is where what we do not know is kept."""

    origin: str
    key: str
    told: list[str] = field(default_factory=list)
    _kept: list[str] = field(default_factory=list)
    _secrets: list[str] = field(default_factory=list)

    def tell(self, sentence: str) -> None:
        """Say it once."""
        if sentence not in self.told:
            self.told.append(sentence)

    def keep_rest(self, settings: Settings) -> dict[str, Any]:
        """What nobody took, under our `x_` key; empty when that is nothing."""
        rest, secrets = settings.rest()
        self._kept += [f"`{name[:40]}`" for name in rest]
        self._secrets += [f"`{name}`" for name in secrets]
        return {self.key: rest} if rest else {}

    def slot(
        self,
        model: str,
        settings: Settings,
        *,
        system: str | None = None,
        prompt: str | None = None,
        name: str | None = None,
    ) -> dict[str, Any]:
        """A slot with what the settings say of sampling; the rest is kept beside it."""
        slot: dict[str, Any] = {"model": model}
        if system:
            slot["system_prompt"] = self.unfilled(system)
        if prompt:
            slot["prompt"] = prompt
        if params := _params(settings):
            slot["params"] = params
        retries = settings.take("max_retries", "retries", fits=is_whole(0, 20))
        if retries is not None:
            slot["retries"] = retries
        if name:
            slot["x_name"] = name
        return {**slot, **self.keep_rest(settings)}

    def unfilled(self, text: str) -> str:
        """A text in which no `{{name}}` is left that a recipe would ask for."""
        if not names_in(text):
            return text
        self.tell(
            "Names in double braces in a system prompt would be filled here: a space "
            "was put between the braces, so that they stay text."
        )
        return re.sub(r"\{\{(?=\s*[\w.-]+\s*\}\})", "{ {", text)

    def finish(
        self, *, slug: str, name: str, layers: list[dict[str, Any]], **more: Any
    ) -> Converted:
        """The document; what was kept and what was left out is told last."""
        if self._kept:
            names = ", ".join(dict.fromkeys(self._kept))
            self.tell(
                f"This engine does not know {names}: kept as given under `{self.key}`, "
                "without effect."
            )
        if self._secrets:
            names = ", ".join(dict.fromkeys(self._secrets))
            self.tell(
                f"A recipe holds no keys and no addresses: {names} was left out. "
                "Keys stand with the providers."
            )
        content = {"schema": SCHEMA, "slug": slug_of(slug), "name": name[:120]}
        given = {key: value for key, value in more.items() if value}
        return Converted(
            self.origin, {**content, **given, "layers": layers}, tuple(self.told)
        )


def _params(settings: Settings) -> dict[str, Any]:
    read = {
        "temperature": settings.take("temperature", fits=is_number(0, 2)),
        "top_p": settings.take("top_p", fits=is_number(0, 1)),
        "max_tokens": settings.take(*_MAX_TOKENS, fits=is_whole(1, 10_000_000)),
        "seed": settings.take("seed", fits=is_whole(-(2**63), 2**63 - 1)),
        "reasoning_effort": settings.take(
            "reasoning_effort", fits=lambda value: value in _EFFORTS
        ),
    }
    params = {name: value for name, value in read.items() if value is not None}
    stop = settings.take("stop", "stop_sequences", fits=is_texts)
    if stop is not None:
        params["stop"] = [stop] if isinstance(stop, str) else stop
    return params


def slug_of(text: str) -> str:
    """A slug made from a name; `imported` when nothing of it is left."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return plain[:48].strip("-") or "imported"


def drafting(
    slots: Sequence[dict[str, Any]], *, rounds: int, pack: dict[str, Any]
) -> list[dict[str, Any]]:
    """Layers in which these slots draft, and then refine each other's drafts."""
    first: dict[str, Any] = {"kind": "draft", "name": "Drafts", "sees": "none"}
    again = {"kind": "draft", "sees": "previous", "pack": pack}
    refined = [
        {**again, "name": f"Refined drafts {number}", "slots": list(slots)}
        for number in range(1, rounds)
    ]
    return [{**first, "slots": list(slots)}, *refined]


def answering(slot: dict[str, Any], pack: dict[str, Any]) -> dict[str, Any]:
    """The layer that writes the answer."""
    layer = {"kind": "aggregate", "name": "Answer", "sees": "previous"}
    return {**layer, **({"pack": pack} if pack else {}), "slots": [slot]}


def rounds_of(value: object, sketch: Sketch, *, called: str) -> int:
    """How often the slots draft: 1 unless it is a number that makes sense."""
    if value is None:
        return 1
    if type(value) is int and 1 <= value <= MOST_ROUNDS:
        return value
    sketch.tell(
        f"`{called}` is not a whole number from 1 to {MOST_ROUNDS}: read as one round."
    )
    return 1
