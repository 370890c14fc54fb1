"""JSON of vendors, read by a mapping in the settings."""
