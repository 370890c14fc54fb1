"""What the service derives by itself from the log, off the way of what is reported."""
