"""The playground as Django sees it."""

from __future__ import annotations

from django.apps import AppConfig


class PlaygroundConfig(AppConfig):
    """One app; a sub-package a domain."""

    name = "playground"
    verbose_name = "MoA Playground"

    def ready(self) -> None:
        """Register the checks."""
        from playground import checks

        checks.register()
