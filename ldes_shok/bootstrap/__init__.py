"""The composition root: the only place that builds a service from its settings."""
