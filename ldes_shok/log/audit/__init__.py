"""Checks of a log against itself, the same for every store: required rows and their sums."""
