"""The only source of chance: drawn from the run's seed, so that a replay draws the same."""

from __future__ import annotations

import random


def chance(seed: object, *purpose: object) -> random.Random:
    """Random numbers for one purpose; the same seed and purpose give the same."""
    name = ":".join(str(part) for part in (seed, *purpose))
    return random.Random(name)  # noqa: S311 - it keeps no secret
