"""Messages that a serial-to-network bridge streams over TCP."""
