"""Another event stream, followed page by page."""
