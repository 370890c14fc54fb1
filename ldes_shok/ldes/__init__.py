"""LDES and TREE as plain values, without an RDF library, without I/O and without cabinets."""
