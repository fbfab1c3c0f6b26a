"""Every address of the playground, joined from its rooms."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("playground.accounts.urls")),
    path("", include("playground.api.urls")),
    path("", include("playground.pages.urls")),
]
