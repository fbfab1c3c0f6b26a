"""The addresses for programs."""

from __future__ import annotations

from django.urls import path

from playground.api.views import chat, drafts, health, listing, runs, schemas

urlpatterns = [
    path("v1/models", listing.models, name="v1-models"),
    path("v1/models/<path:name>", listing.model, name="v1-model"),
    path("v1/chat/completions", chat.completions, name="v1-chat-completions"),
    path("runs/<uuid:run_id>.json", runs.run_json, name="run-json"),
    path("runs/<uuid:run_id>.md", runs.run_markdown, name="run-markdown"),
    path("runs/<uuid:run_id>/stop/", runs.stop, name="run-stop"),
    path(
        "runs/<uuid:run_id>/drafts/<str:key>/stop/",
        drafts.stop_draft,
        name="draft-stop",
    ),
    path(
        "runs/<uuid:run_id>/drafts/<str:key>/retry/",
        drafts.retry_draft,
        name="draft-retry",
    ),
    path(
        "runs/<uuid:run_id>/drafts/<str:key>/edit/",
        drafts.edit_draft,
        name="draft-edit",
    ),
    path("runs/<uuid:run_id>/without/", drafts.without, name="run-without"),
    path("runs/<uuid:run_id>/follow-up/", drafts.next_turn, name="run-follow-up"),
    path("runs/<uuid:run_id>/alone/", drafts.single, name="run-alone"),
    path("schemas/moa-recipe-1.json", schemas.recipe, name="recipe-schema"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
