"""Addresses of the pages."""

from __future__ import annotations

from django.urls import include, path

from playground.pages import (
    cards,
    comparison,
    doorbell,
    history,
    home,
    notices,
    removal,
    replay_views,
    run_views,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("estimate/", home.estimated, name="estimate"),
    path("", include("playground.pages.builder.urls")),
    path("runs/", history.history, name="history"),
    path("runs/compare/", comparison.compare_runs, name="compare"),
    path("models/", cards.cards, name="models"),
    path("models/<path:alias>/", cards.card, name="model"),
    path("origin/", doorbell.origin, name="origin"),
    path("notices/", notices.notices, name="notices"),
    path("runs/<uuid:run_id>/seen/", notices.seen, name="seen"),
    path("runs/<uuid:run_id>/delete/", removal.remove, name="delete"),
    path("teams/<slug:team_slug>/keeping/", removal.keeping, name="keeping"),
    path("runs/<uuid:run_id>/", run_views.run, name="run"),
    path("runs/<uuid:run_id>/replay.json", replay_views.replay_json, name="run-replay"),
    path("runs/<uuid:run_id>/calls/<int:n>/", run_views.call, name="run-call"),
]
