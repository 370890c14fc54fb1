"""What the service derives by itself from the log, apart from the way of reported events."""
