"""What every model leans on."""
