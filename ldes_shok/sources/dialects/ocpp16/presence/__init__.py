"""The presence of stations: in contact, lost, and back."""
