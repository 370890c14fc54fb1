"""Access control and rate limits."""
