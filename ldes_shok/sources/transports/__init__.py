"""How messages come in: a folder for each transport."""
