"""The append-only truth: events, members, nodes and state in one transaction."""
