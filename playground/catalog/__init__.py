"""Providers, their credentials, model cards and prices."""
