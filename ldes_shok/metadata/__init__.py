"""Descriptions of the service: catalogue, coined concepts, OpenAPI."""
