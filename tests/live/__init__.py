"""Tests of what follows a run live."""
