"""The demo: a fictional city that reports in the same ways as a real one."""
