"""The only place that touches an RDF library; and the writers that need none."""
