"""What each command does with the log or a stream, built from the settings, without a service."""
