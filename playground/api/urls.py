"""The addresses for programs."""

from __future__ import annotations

from django.urls import path

from playground.api.views import chat, health, listing, runs

urlpatterns = [
    path("v1/models", listing.models, name="v1-models"),
    path("v1/models/<path:name>", listing.model, name="v1-model"),
    path("v1/chat/completions", chat.completions, name="v1-chat-completions"),
    path("runs/<uuid:run_id>.json", runs.run_json, name="run-json"),
    path("runs/<uuid:run_id>.md", runs.run_markdown, name="run-markdown"),
    path("runs/<uuid:run_id>/stop/", runs.stop, name="run-stop"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
