"""The site: settings, environment, entry points."""

from __future__ import annotations

# Whoever publishes needs the configured app, not only the worker.
from moa_site.celery import app as celery_app

__all__ = ["celery_app"]
