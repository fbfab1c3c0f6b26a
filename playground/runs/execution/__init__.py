"""How a worker carries runs: one event loop a process, claims and leases in SQL."""
