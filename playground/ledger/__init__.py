"""Budgets and what they limit."""
