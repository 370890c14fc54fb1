"""Processes beside the one that writes, and the sockets and signals that they share."""
