"""All tasks, so that Celery finds them in one place."""

from __future__ import annotations

from playground.runs.tasks import wake

__all__ = ["wake"]
