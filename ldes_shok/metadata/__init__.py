"""What describes the service: catalogue, coined concepts, OpenAPI."""
