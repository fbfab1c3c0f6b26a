"""Hints through Redis: they make things quick, and nothing depends on them."""

from __future__ import annotations

import logging
from uuid import UUID

from redis.exceptions import RedisError

from playground.db.redis import redis_now

CANCEL_CHANNEL = "moa:cancel"
REQUEST_CHANNEL = "moa:request"
log = logging.getLogger(__name__)


def hint_cancel(run_id: UUID) -> None:
    """Tell the worker that holds the run; its next renewal reads it in SQL anyway."""
    _publish(CANCEL_CHANNEL, run_id)


def hint_request(run_id: UUID) -> None:
    """Tell it that somebody wants something of a draft; the renewal reads that, too."""
    _publish(REQUEST_CHANNEL, run_id)


def _publish(channel: str, run_id: UUID) -> None:
    try:
        redis_now().publish(channel, str(run_id))
    except RedisError as error:
        log.warning("the hint on %s for %s did not go out: %s", channel, run_id, error)
