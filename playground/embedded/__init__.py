"""What `up` starts and supervises on one machine: Valkey, worker, web, local model."""
