"""Tests of budgets, holds and entries."""
