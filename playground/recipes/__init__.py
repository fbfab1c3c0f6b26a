"""Recipes, their revisions, and the presets."""
