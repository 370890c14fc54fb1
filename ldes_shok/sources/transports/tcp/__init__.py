"""Messages from a serial-to-network bridge over TCP."""
