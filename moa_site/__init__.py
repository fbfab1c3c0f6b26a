"""The site: settings, environment, entry points."""
