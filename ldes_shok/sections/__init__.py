"""The base of settings sections: strict keys and constrained values."""
