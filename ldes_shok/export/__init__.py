"""Exports streams as plain files: a folder or bucket that any web server can serve, and dumps."""
