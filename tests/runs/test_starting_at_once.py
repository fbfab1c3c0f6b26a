"""Many runs that are started in the same moment, on a database with one writer."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from playground.accounts.models import Team
from playground.db.turns import writing

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "sqlite", reason="other databases have many writers"
    ),
]


def test_threads_take_turns_and_nobody_comes_to_a_locked_database() -> None:
    """Whoever would have to wait within SQLite fails at once here."""

    def one(number: int) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout = 0")
            with writing():
                Team.objects.create(slug=f"t{number}", name="T")
                time.sleep(0.002)
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(64)))
    assert Team.objects.count() == 64


def lose() -> None:
    with transaction.atomic():
        with writing(), writing():
            Team.objects.create(slug="lost", name="Lost")
        raise RuntimeError


def test_within_a_transaction_it_waits_for_nobody_and_is_undone_with_it() -> None:
    with pytest.raises(RuntimeError):
        lose()
    assert not Team.objects.exists()


def test_a_fault_gives_the_turn_on() -> None:
    with pytest.raises(RuntimeError), writing():
        raise RuntimeError
    with writing():
        Team.objects.create(slug="next", name="Next")
    assert Team.objects.count() == 1
