"""The only package that uses an RDF library, and writers that need none."""
