"""The one way in which `up` says no before anything runs."""

from __future__ import annotations


class StartError(Exception):
    """`up` cannot go on; the message is the one line that the person reads."""
