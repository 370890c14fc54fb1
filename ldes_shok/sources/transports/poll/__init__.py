"""Sources that are asked: a REST interface read page by page, at set times, from where it ended."""
