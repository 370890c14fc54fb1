"""Which node a member belongs to, and when a node may never change again. Pure."""
