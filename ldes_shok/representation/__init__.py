"""A node as bytes: hypermedia first, then one block per member, ascending."""
