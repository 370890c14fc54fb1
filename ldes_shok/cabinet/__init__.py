"""The canonical event: what a controller says happened at a cabinet. Knows no RDF."""
