"""The form of a model card: what it is, what it holds, what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from playground.catalog.models import ModelCard
from playground.catalog.names import parameters_of
from playground.catalog.queries import newest_price
from playground.catalog.suggestions import Suggestion
from playground.web.formats import count

_MOST_TOKENS = 100_000_000
_MOST_WORDS = 12
_DEAREST = Decimal(1_000_000)
_RATES = ("input", "cached_input", "output")


def _tokens(label: str, hint: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=hint, min_value=1, max_value=_MOST_TOKENS
    )


def _rate(label: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        help_text="USD per million tokens. 0 is free; empty is not known.",
        required=False,
        min_value=Decimal(0),
        max_value=_DEAREST,
        max_digits=24,
        decimal_places=12,
    )


class CardForm(forms.Form):
    """Everything of a card that a person may know better than the provisioned file."""

    family = forms.CharField(
        max_length=64,
        required=False,
        help_text="Such as Llama or Qwen. Proposers come from different families first.",
    )
    size = forms.CharField(
        max_length=32,
        required=False,
        help_text="Parameters: 70B, 8x22B, 135M; or tiny, small, medium, large. "
        "Left empty it counts as 100B.",
    )
    reasoning = forms.BooleanField(
        required=False,
        label="It reasons before it writes",
        help_text="Presets then give it more tokens and no temperature.",
    )
    good_at = forms.CharField(
        label="Good at",
        max_length=400,
        required=False,
        help_text="Words with commas between: drafting, aggregating, judging and routing "
        "give it these roles in presets.",
    )
    context = _tokens("Context", "Tokens that it holds, prompt and answer together.")
    max_output = _tokens("Longest answer", "Tokens that it writes at most.")
    input = _rate("Price of input")
    cached_input = _rate("Price of cached input")
    output = _rate("Price of output")

    def clean_size(self) -> str:
        """A size that can be compared."""
        size = str(self.cleaned_data["size"])
        if size and parameters_of(size) is None:
            raise ValidationError(
                "Write a number of parameters, such as 70B, 8x22B or 135M, or one of "
                "tiny, small, medium, large."
            )
        return size

    def clean_good_at(self) -> list[str]:
        """The words, once each."""
        typed = str(self.cleaned_data["good_at"]).split(",")
        words = list(dict.fromkeys(word.strip() for word in typed if word.strip()))
        if len(words) > _MOST_WORDS:
            raise ValidationError(f"At most {_MOST_WORDS} words.")
        return words

    def clean(self) -> None:
        """A price is whole: what goes in and what comes out."""
        given = self.cleaned_data
        if all(given.get(name) is None for name in _RATES):
            return
        for name in ("input", "output"):
            if given.get(name) is None and name not in self.errors:
                self.add_error(name, "A price needs this, too.")


def values_of(card: ModelCard) -> dict[str, Any]:
    """What the form shows at first. Takes a card of `all_cards`."""
    price = newest_price(card)
    return {
        "family": card.family,
        "size": card.size,
        "reasoning": card.reasoning,
        "good_at": ", ".join(card.good_at),
        "context": card.context,
        "max_output": card.max_output,
        **{name: _plain(getattr(price, name)) if price else "" for name in _RATES},
    }


def suggested_values(known: Suggestion) -> dict[str, Any]:
    """A suggestion as the form would hold it; what it does not say is absent."""
    price = known.price
    told = {
        "family": known.family or None,
        "size": known.size or None,
        "reasoning": known.reasoning,
        "context": known.context,
        "max_output": known.max_output,
        "input": None if price is None else _plain(price.input),
        "cached_input": None if price is None else _plain(price.cached_input),
        "output": None if price is None else _plain(price.output),
    }
    return {name: value for name, value in told.items() if value not in (None, "")}


@dataclass(frozen=True, slots=True)
class CardRow:
    """A field as the page shows it; `suggested` is empty where it says the same."""

    name: str
    label: str
    hint: str
    kind: str
    value: Any
    errors: tuple[str, ...]
    suggested: str


def rows_of(form: CardForm, suggestions: Mapping[str, Any]) -> list[CardRow]:
    """The form's fields, each with what is suggested for it."""
    return [_row(form, name, suggestions.get(name)) for name in form.fields]


def _row(form: CardForm, name: str, suggested: Any) -> CardRow:
    field, value = form.fields[name], form[name].value()
    same = suggested is None or _same(value, suggested)
    kinds = {forms.BooleanField: "check", forms.IntegerField: "whole"}
    return CardRow(
        name=name,
        label=str(field.label or name.capitalize()),
        hint=str(field.help_text),
        kind=kinds.get(type(field), "rate" if name in _RATES else "text"),
        value=value,
        errors=tuple(map(str, form.errors.get(name, ()))),
        suggested="" if same else _shown(suggested),
    )


def _same(value: Any, suggested: Any) -> bool:
    if isinstance(suggested, bool):
        return bool(value) is suggested
    return str(value if value is not None else "").strip() == str(suggested)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return count(value) if isinstance(value, int) else str(value)


def _plain(rate: Decimal | None) -> str:
    """`0.15`, without the zeros that the database keeps."""
    return "" if rate is None else f"{rate.normalize():f}"
