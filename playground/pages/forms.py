"""What the composer sends: a prompt, a recipe, its variables, and a token."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest

from playground.engine.plan import Variable
from playground.pages.queries import Choice
from playground.web.refusals import Refusal

_PROMPT_PARAMS = {"messages", "prompt"}


@dataclass(slots=True)
class Field:
    """A variable of a recipe as a form field. Field names carry the recipe's slug."""

    variable: Variable
    name: str
    value: Any = ""
    error: str = ""


@dataclass(slots=True)
class Composer:
    """The form as it is filled in; errors stand beside what they are about."""

    choices: list[Choice]
    chosen: str = ""
    prompt: str = ""
    token: UUID = field(default_factory=uuid4)
    fields: dict[str, list[Field]] = field(default_factory=dict)
    prompt_error: str = ""
    recipe_error: str = ""
    error: str = ""
    hint: str = ""

    @property
    def choice(self) -> Choice | None:
        """The recipe that is chosen."""
        return next((each for each in self.choices if each.slug == self.chosen), None)

    @property
    def presets(self) -> list[Choice]:
        """The choices shown as cards."""
        return [choice for choice in self.choices if choice.is_preset]

    @property
    def others(self) -> list[Choice]:
        """The team's own recipes."""
        return [choice for choice in self.choices if not choice.is_preset]

    @property
    def fieldsets(self) -> list[tuple[Choice, list[Field]]]:
        """The fields of every recipe that has variables."""
        return [
            (choice, self.fields[choice.slug])
            for choice in self.choices
            if self.fields.get(choice.slug)
        ]

    def values(self) -> dict[str, Any]:
        """The chosen recipe's variables; what was left empty is left out."""
        return {
            each.variable.name: _typed(each)
            for each in self.fields.get(self.chosen, [])
            if each.value != ""
        }

    def refuse(self, refusal: Refusal) -> None:
        """Put a refusal beside what it is about."""
        told = f"{refusal.headline} {refusal.hint}".strip()
        faults = {
            path.removeprefix("variables."): why for path, why in refusal.problems
        }
        for each in self.fields.get(self.chosen, []):
            each.error = faults.get(each.variable.name, "")
        if refusal.param in _PROMPT_PARAMS:
            self.prompt_error = told
        elif not any(each.error for each in self.fields.get(self.chosen, [])):
            self.error, self.hint = refusal.headline, refusal.hint


def blank_composer(choices: list[Choice], *, chosen: str, prompt: str) -> Composer:
    """The form as it is first shown."""
    slugs = [choice.slug for choice in choices]
    first = _usual(choices)
    composer = Composer(choices, chosen if chosen in slugs else first, prompt)
    composer.fields = _fields(choices, {})
    return composer


def sent_composer(choices: list[Choice], request: HttpRequest) -> Composer:
    """The form as it was sent."""
    sent = request.POST
    composer = Composer(choices, sent.get("recipe", ""))
    # A browser sends a textarea's line ends as CR LF; the text has LF.
    composer.prompt = sent.get("prompt", "").replace("\r\n", "\n")
    with contextlib.suppress(ValueError):
        composer.token = UUID(sent.get("form_token", ""))
    composer.fields = _fields(choices, sent.dict())
    if composer.choice is None:
        composer.recipe_error = "Choose a recipe."
    return composer


def _usual(choices: list[Choice]) -> str:
    """The smallest real mixture: more than one layer, fewest calls."""
    mixtures = [choice for choice in choices if len(choice.plan.layers) > 1]
    return (mixtures or choices)[0].slug if choices else ""


def _fields(choices: list[Choice], sent: dict[str, Any]) -> dict[str, list[Field]]:
    fields: dict[str, list[Field]] = {}
    for choice in choices:
        fields[choice.slug] = [
            _field(choice.slug, variable, sent) for variable in choice.plan.variables
        ]
    return fields


def _field(slug: str, variable: Variable, sent: dict[str, Any]) -> Field:
    name = f"var-{slug}-{variable.name}"
    default = "" if variable.default is None else variable.default
    if variable.type == "boolean" and sent:
        return Field(variable, name, name in sent)
    return Field(variable, name, sent.get(name, default))


def _typed(each: Field) -> Any:
    """The value in its type; one that does not fit stays text, to be refused."""
    kinds: dict[str, type] = {"integer": int, "number": float}
    kind = kinds.get(each.variable.type)
    if kind is None or isinstance(each.value, int | float):
        return each.value
    try:
        return kind(each.value)
    except ValueError:
        return each.value
