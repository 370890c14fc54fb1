"""Decides which node a member belongs to, and from when a node never changes. Pure."""
