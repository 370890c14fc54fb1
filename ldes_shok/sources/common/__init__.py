"""What several transports or dialects need."""
