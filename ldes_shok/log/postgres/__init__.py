"""The log in PostgreSQL: one elected writer, a standby, readers on any number of machines."""
