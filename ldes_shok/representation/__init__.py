"""Writes a node as bytes: hypermedia first, then one block for each member, ascending."""
