"""An installation described in a file, applied."""
