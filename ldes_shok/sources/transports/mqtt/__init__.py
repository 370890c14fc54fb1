"""Events from an MQTT broker."""
