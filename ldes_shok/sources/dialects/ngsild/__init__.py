"""Notifications of an NGSI-LD context broker, with entities of Smart Data Models."""
