"""Addresses of the pages."""

from __future__ import annotations

from django.urls import path

from playground.pages import comparison, views

urlpatterns = [
    path("", views.home, name="home"),
    path("recipes/", views.recipes, name="recipes"),
    path("recipes/<slug:team_slug>/<slug:slug>/", views.recipe, name="recipe"),
    path("runs/", views.history, name="history"),
    path("runs/compare/", comparison.compare_runs, name="compare"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
]
