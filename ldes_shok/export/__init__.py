"""Streams as plain files: a folder or a bucket that any web server can serve, and dumps."""
