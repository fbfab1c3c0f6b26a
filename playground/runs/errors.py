"""What goes wrong with runs, apart from what is shown to a person (web.refusals)."""

from __future__ import annotations


class Unclaimed(Exception):
    """The run is another worker's, has ended, or waits for nothing."""
