"""A person at the builder, for tests: sends its forms as a browser does."""

from __future__ import annotations

from typing import Any

from django.test import Client

from playground.accounts.access import Viewer
from playground.pages.builder.forms import shown_form
from playground.pages.builder.places import read_place
from playground.recipes.copies import begin_copy
from playground.recipes.models import Recipe, WorkingCopy
from playground.recipes.outline import labels_of, outline_of
from tests.pages.stock import a_catalogue, a_recipe
from tests.runs.factories import a_member


class Builder:
    """A person at the builder, who sends its forms as a browser does."""

    def __init__(self, client: Client, copy: WorkingCopy) -> None:
        self.client = client
        self.go_to(copy)

    def go_to(self, copy: WorkingCopy) -> None:
        self.pk = copy.pk
        self.address = f"/builder/{copy.pk}/"

    @property
    def copy(self) -> WorkingCopy:
        return WorkingCopy.objects.get(pk=self.pk)

    @property
    def document(self) -> dict[str, Any]:
        return self.copy.document

    def send(self, at: str, do: str = "keep", htmx: bool = False, **fields: Any) -> Any:
        """Send the form that is shown at a place, with some fields filled in."""
        place = read_place(at, outline_of(self.document))
        form: dict[str, Any] = {"part": []}
        for name, value in shown_form(self.document, place):
            if name == "part":
                form["part"].append(value)
            else:
                form[name] = value
        form |= {"place": place.fixed, "do": do, "version": str(self.copy.version)}
        form |= {name.replace("__", "."): value for name, value in fields.items()}
        form = {name: value for name, value in form.items() if value is not None}
        headers = {"HX-Request": "true"} if htmx else {}
        return self.client.post(self.address, form, headers=headers)

    def labels(self) -> list[str]:
        return [" ".join(labels_of(layer)) for layer in self.document["layers"]]


def ben_at_the_builder(client: Client) -> Builder:
    """Ben, a member who is signed in, with two models and the recipe `two` before him."""
    a_member()
    ben = a_member("ben")
    client.force_login(ben)
    a_catalogue("fast", "slow")
    a_recipe()
    return Builder(client, begin_copy(Viewer(ben), Recipe.objects.get()))
