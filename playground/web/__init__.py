"""What every view leans on: refusals, headers, rendering."""
