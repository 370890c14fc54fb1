"""Tables that people keep: cabinets, manual readings and reservations in a CSV file."""
