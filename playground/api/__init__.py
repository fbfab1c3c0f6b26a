"""What programs call: /v1 and the JSON exports."""
