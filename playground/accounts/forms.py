"""The sign-in form."""

from __future__ import annotations

from django import forms
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from playground.accounts.models import User
from playground.accounts.throttle import count_try, forget_tries
from playground.web.refusals import TooMany

# One message for every cause: it must not tell which names exist.
WRONG = "This username and password do not belong together."


class SigninForm(forms.Form):
    """Username and password; after `is_valid()`, `person` is who signed in."""

    username = forms.CharField(
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none"}
        ),
    )
    password = forms.CharField(
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST if request.method == "POST" else None)
        self._request = request
        self.person: User | None = None
        self.refusal: TooMany | None = None

    def clean(self) -> None:
        """Find the person; too many tries in five minutes are refused."""
        username = self.cleaned_data.get("username")
        password = self.cleaned_data.get("password")
        if not username or not password:
            return
        address = self._request.META.get("REMOTE_ADDR", "")
        try:
            count_try(username, address)
        except TooMany as refusal:
            self.refusal = refusal
            raise ValidationError(f"{refusal.headline} {refusal.hint}") from None
        person = authenticate(self._request, username=username, password=password)
        if not isinstance(person, User):
            raise ValidationError(WRONG)
        forget_tries(username, address)
        self.person = person
