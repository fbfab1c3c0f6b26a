"""Where runs, drafts and calls stand, and what a person may wish for a draft."""

from __future__ import annotations

from django.db import models


class RunStatus(models.TextChoices):
    """Where a run stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Stopped"


OPEN_STATUSES = (RunStatus.QUEUED, RunStatus.RUNNING)


class DraftStatus(models.TextChoices):
    """Where a draft stands."""

    WAITING = "waiting", "Waiting"
    WRITING = "writing", "Writing"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    STOPPED = "stopped", "Stopped"
    SKIPPED = "skipped", "Skipped"


class CallStatus(models.TextChoices):
    """Where a call stands."""

    SENT = "sent", "Sent"
    STREAMING = "streaming", "Streaming"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    LOST = "lost", "Lost"
    CANCELLED = "cancelled", "Stopped"


class Given(models.TextChoices):
    """How a draft came into a run that did not write it."""

    REUSED = "reused", "Reused from the parent"
    EDITED = "edited", "Edited by a person"
    LEFT_OUT = "left_out", "Left out"


class Wish(models.TextChoices):
    """What a person asks for one draft of a running run."""

    STOP = "stop", "Stop"
    RETRY = "retry", "Retry"
