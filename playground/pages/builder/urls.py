"""Addresses of recipes and of the builder."""

from __future__ import annotations

from django.urls import path

from playground.pages.builder import beginning, keeping, shelf, views

_RECIPE = "recipes/<slug:team_slug>/<slug:slug>"

urlpatterns = [
    path("recipes/", shelf.recipes, name="recipes"),
    path("recipes/new/", beginning.new_recipe, name="new-recipe"),
    path(f"{_RECIPE}/", shelf.recipe, name="recipe"),
    path(f"{_RECIPE}.yaml", shelf.recipe_yaml, name="recipe-yaml"),
    path(f"{_RECIPE}.json", shelf.recipe_json, name="recipe-json"),
    path(f"{_RECIPE}/compare/", shelf.compare_revisions, name="compare-revisions"),
    path(f"{_RECIPE}/edit/", keeping.edit, name="edit-recipe"),
    path(f"{_RECIPE}/duplicate/", keeping.duplicate, name="duplicate-recipe"),
    path(f"{_RECIPE}/restore/", keeping.restore, name="restore-revision"),
    path(f"{_RECIPE}/archive/", keeping.shelve, name="archive-recipe"),
    path("builder/<uuid:copy_id>/", views.builder, name="builder"),
    path("builder/<uuid:copy_id>/changes/", views.copy_changes, name="copy-changes"),
    path("builder/<uuid:copy_id>/stale/", views.stale_copy, name="stale-copy"),
    path("builder/<uuid:copy_id>/discard/", views.discard_copy, name="discard-copy"),
]
