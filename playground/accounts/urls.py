"""Addresses for signing in and out."""

from __future__ import annotations

from django.urls import path

from playground.accounts import views

urlpatterns = [
    path("sign-in/", views.signin, name="signin"),
    path("sign-in/<str:secret>/", views.signin_link, name="signin-link"),
    path("sign-out/", views.signout, name="signout"),
]
