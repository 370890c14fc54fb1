"""The transports of messages: a folder for each."""
