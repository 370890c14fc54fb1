"""The demo: an invented city that reports through the same ways as a real one."""
