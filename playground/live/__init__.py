"""The socket on which a page follows a run."""
