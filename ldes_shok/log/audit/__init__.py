"""A log against itself, whatever store it is in: which rows there must be, and their sums."""
