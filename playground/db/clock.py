"""The database's clock: the only one that all workers share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, models
from django.db.models.functions import Now


class StatementNow(Now):
    """The time of the statement, to the microsecond, on every database.

    PostgreSQL's CURRENT_TIMESTAMP is the time of the transaction; a lease must not be
    counted from when a long transaction began. SQLite's own has whole seconds only.
    """

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Statement time instead of transaction time."""
        return self.as_sql(
            compiler, connection, template="STATEMENT_TIMESTAMP()", **extra
        )


class After(models.Func):
    """The database's time plus a fixed number of seconds, as an expression."""

    output_field = models.DateTimeField()

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__()

    def as_sqlite(self, *_: Any, **__: Any) -> tuple[str, tuple[str | int, ...]]:
        """SQLite writes datetimes as text in Django's own format."""
        shift = f"{self.seconds:+.3f} seconds"
        return "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW', %s)", (shift,)

    def as_postgresql(self, *_: Any, **__: Any) -> tuple[str, list[Any]]:
        """PostgreSQL adds an interval to the statement's time."""
        return "(STATEMENT_TIMESTAMP() + %s)", [timedelta(seconds=self.seconds)]


def database_now() -> datetime:
    """The database's time now, aware, in UTC."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')")
            return datetime.fromisoformat(cursor.fetchone()[0]).replace(tzinfo=UTC)
        cursor.execute("SELECT STATEMENT_TIMESTAMP()")
        moment: datetime = cursor.fetchone()[0]
        return moment
