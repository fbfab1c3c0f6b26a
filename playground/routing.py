"""Every socket of the playground."""

from __future__ import annotations

from channels.routing import URLRouter
from django.urls import path

from playground.live.consumers import RunConsumer

sockets = URLRouter([path("ws/runs/<uuid:run_id>/", RunConsumer.as_asgi())])
