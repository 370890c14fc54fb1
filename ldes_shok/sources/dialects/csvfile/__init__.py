"""CSV files that people keep: cabinets, manual readings and reservations."""
