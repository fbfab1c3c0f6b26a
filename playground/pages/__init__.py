"""The pages that show several domains together."""
