"""What the composer sends: a prompt, a recipe, its variables, and a token."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest

from playground.engine.plan import Variable
from playground.engine.ways import longest
from playground.pages.choices import Choice
from playground.pages.depth import Depth, depths_of
from playground.pages.prompts import Sample, samples_for
from playground.pages.sketch import Sketch, sketch_of
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
        """The mixtures that came with the product."""
        return [choice for choice in self.choices if choice.is_preset]

    @property
    def others(self) -> list[Choice]:
        """The team's own recipes."""
        return [choice for choice in self.choices if not choice.is_preset]

    @property
    def depths(self) -> list[Depth]:
        """Quick, balanced and deep."""
        return depths_of(self.choices, self.choice)

    @property
    def sketch(self) -> Sketch | None:
        """The chosen recipe, drawn; None where it is too large, or none is chosen."""
        return sketch_of(self.choice.plan) if self.choice else None

    @property
    def samples(self) -> list[Sample]:
        """Prompts to begin with."""
        own = self.choice.plan.sample_prompts if self.choice else ()
        return samples_for(own)

    @property
    def chosen_fields(self) -> list[Field]:
        """The fields of the chosen recipe's variables."""
        return self.fields.get(self.chosen, [])

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


def blank_composer(
    choices: list[Choice],
    *,
    chosen: Sequence[str],
    prompt: str,
    variables: Mapping[str, Any],
) -> Composer:
    """The form as it is first shown: the first of `chosen` that there is, else the usual.

    `variables` are values of an earlier run; they fill the fields of their names.
    """
    slugs = {choice.slug for choice in choices}
    wanted = next((slug for slug in chosen if slug in slugs), _usual(choices))
    composer = Composer(choices, wanted, prompt)
    composer.fields = _fields(choices, {})
    for each in composer.chosen_fields:
        each.value = variables.get(each.variable.name, each.value)
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
    """The smallest real mixture, of more than one layer: the team's own before presets."""
    mixtures = [choice for choice in choices if longest(choice.plan) > 1]
    own = [choice for choice in mixtures if not choice.is_preset]
    return (own or mixtures or choices)[0].slug if choices else ""


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
