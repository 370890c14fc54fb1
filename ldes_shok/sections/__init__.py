"""What a section of the settings is: strict about keys, with its constrained values."""
