"""Sign in, by password or by one-time link, and out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from playground.accounts.forms import SigninForm
from playground.accounts.models import User
from playground.accounts.services import peek_signin_link, use_signin_link

_BACKEND = "django.contrib.auth.backends.ModelBackend"


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def signin(request: HttpRequest) -> HttpResponse:
    """The form; a good password leads to where the person was going."""
    form = SigninForm(request)
    onward = _safe_next(request)
    if form.is_valid() and form.person is not None:
        login(request, form.person, _BACKEND)
        return redirect(onward)
    if request.method != "POST" and request.user.is_authenticated:
        return redirect(onward)
    context = {"form": form, "next": onward, "username": form["username"].value()}
    response = render(request, "accounts/signin.html", context, status=_status_of(form))
    if form.refusal is not None:
        response["Retry-After"] = str(form.refusal.retry_after)
    return response


def _status_of(form: SigninForm) -> int:
    if form.refusal is not None:
        return form.refusal.status
    return 422 if form.is_bound else 200


def _safe_next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else settings.LOGIN_REDIRECT_URL


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def signin_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Show whom the link signs in, and on POST do so, once.

    Looking changes nothing: mail filters and link previews open every link.
    """
    if request.method == "POST":
        login(request, use_signin_link(secret), _BACKEND)
        return redirect(settings.LOGIN_REDIRECT_URL)
    person: User = peek_signin_link(secret)
    return render(request, "accounts/signin_link.html", {"person": person})


@require_POST
def signout(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect(settings.LOGIN_URL)
