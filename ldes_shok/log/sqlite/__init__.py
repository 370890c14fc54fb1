"""The embedded log: one SQLite file and what lies beside it."""
