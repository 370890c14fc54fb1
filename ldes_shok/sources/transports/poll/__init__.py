"""Sources that we ask: a REST interface read page by page, at set times, from the last position."""
