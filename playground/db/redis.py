"""Connections to Redis, one pool a process and kind. Only wake-ups, feeds and hints."""

from __future__ import annotations

import functools

import redis
import redis.asyncio
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


def _url() -> str:
    if not settings.REDIS_URL:
        raise ImproperlyConfigured(
            "No Redis: set REDIS_URL, or start the site with `manage.py up`, which "
            "brings its own."
        )
    return str(settings.REDIS_URL)


@functools.cache
def redis_now() -> redis.Redis:
    """A pooled client for views and commands. A call waits five seconds at most."""
    return redis.Redis.from_url(_url(), socket_timeout=5, socket_connect_timeout=2)


def redis_on_loop(
    *, max_connections: int = 64, patient: bool = True
) -> redis.asyncio.Redis:
    """A client that belongs to the running loop; its owner closes it.

    No socket timeout: a blocking XREAD outlives redis-py's default of five seconds. One
    that is not patient says at once that Redis is away, and tries only a second
    connection where the first was a broken one.
    """
    client = redis.asyncio.Redis.from_url(
        _url(),
        socket_timeout=None,
        socket_connect_timeout=2,
        max_connections=max_connections,
    )
    if not patient:
        client.set_retry(Retry(NoBackoff(), 1))
    return client
