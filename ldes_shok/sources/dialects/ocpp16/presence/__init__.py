"""Whether a station is there: heard, lost, and heard again."""
