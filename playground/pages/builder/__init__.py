"""The builder: a recipe drawn and edited, kept at every change, saved as revisions."""
