"""The Celery application: a broker that carries wake-ups and nothing else."""

from __future__ import annotations

import os
from urllib.parse import parse_qs, urlsplit

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "moa_site.settings")

from django.conf import settings  # noqa: E402


def broker_url(redis_url: str) -> str:
    """Celery's spelling of a Redis URL: kombu writes unix sockets in its own way."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    secret = f":{parts.password}@" if parts.password else ""
    return f"redis+socket://{secret}{parts.path}?virtual_host={database}"


app = Celery("moa_site")
app.conf.update(
    broker_url=broker_url(settings.REDIS_URL) if settings.REDIS_URL else "memory://",
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 21_600,
        "socket_timeout": 30,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "max_connections": 200,
    },
    task_acks_late=False,
    task_ignore_result=True,
    task_default_queue="runs",
    task_publish_retry=False,
    task_serializer="json",
    accept_content=["json"],
    worker_disable_prefetch=True,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    enable_utc=True,
)
app.autodiscover_tasks(["playground"])
