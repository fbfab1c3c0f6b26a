"""Every socket of the playground."""

from __future__ import annotations

from typing import Any

from channels.routing import URLRouter
from django.urls import path

from playground.live.consumers import RunConsumer

_follow: Any = RunConsumer.as_asgi()  # Django's path() is typed for views alone
_routes: list[Any] = [path("ws/runs/<uuid:run_id>/", _follow)]
sockets = URLRouter(_routes)
