"""Code that several transports or dialects share."""
