"""JSON of vendors, read by a mapping that the configuration declares."""
