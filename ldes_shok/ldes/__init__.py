"""LDES and TREE as plain values: no RDF library, no I/O, no cabinets."""
