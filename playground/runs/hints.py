"""Hints through Redis: they make things quick, and nothing depends on them."""

from __future__ import annotations

import logging
from uuid import UUID

from redis.exceptions import RedisError

from playground.db.redis import redis_now

CANCEL_CHANNEL = "moa:cancel"
log = logging.getLogger(__name__)


def hint_cancel(run_id: UUID) -> None:
    """Tell the worker that holds the run; its next renewal reads it in SQL anyway."""
    try:
        redis_now().publish(CANCEL_CHANNEL, str(run_id))
    except RedisError as error:
        log.warning("the hint to cancel %s did not go out: %s", run_id, error)
