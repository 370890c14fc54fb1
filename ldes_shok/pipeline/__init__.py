"""From a delivery to published members: judge, append, publish, keep what failed."""
