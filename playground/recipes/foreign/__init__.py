"""Mixtures as other programs write them, turned into moa-recipe/1 documents."""
