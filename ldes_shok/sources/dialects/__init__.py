"""The dialects of messages: a folder for each."""
