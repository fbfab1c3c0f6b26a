"""The wait that a provider asks for, in each of its spellings."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from playground.engine.providers.patience import asked_wait

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "20s"}, 20),
        ({"retry-after": "Fri, 02 Jan 2026 03:05:05 GMT"}, 60),
        ({"retry-after": "Fri, 02 Jan 2026 03:00:00 GMT"}, 0),
        (
            # By the provider's own clock, which may be wrong.
            {
                "retry-after": "Fri, 02 Jan 2025 03:05:05 GMT",
                "date": "Fri, 02 Jan 2025 03:05:00 GMT",
            },
            5,
        ),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 9)}, 9),
        ({"x-ratelimit-reset": str((int(NOW.timestamp()) + 9) * 1000)}, 9),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360),
        ({"x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"x-ratelimit-reset-tokens": "3s", "x-ratelimit-remaining-tokens": "5"}, None),
        ({"x-ratelimit-reset-tokens": "2026-01-02T03:04:15Z"}, 10),
        ({}, None),
    ],
)
def test_headers_are_read(headers: dict[str, str], wait: float | None) -> None:
    assert asked_wait(headers, "", now=NOW) == (
        None if wait is None else pytest.approx(wait)
    )


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("Please try again in 7.66s. Visit", 7.66),
        ("Please retry in 1m2s.", 62),
        ("try again in a moment", None),
    ],
)
def test_words_are_read_last(text: str, wait: float | None) -> None:
    assert asked_wait({}, text, now=NOW) == wait
    assert asked_wait({"retry-after": "1"}, text, now=NOW) == 1
