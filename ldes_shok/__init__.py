"""ldes-shok: publishes smart public electricity cabinets as Linked Data Event Streams."""

__version__ = "0.1.0"
