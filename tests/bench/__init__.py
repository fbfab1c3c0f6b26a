"""Measures the product beside a raw client, in one run, on the same stub."""
