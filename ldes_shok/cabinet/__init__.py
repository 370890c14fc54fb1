"""The canonical event: the report of a controller on a cabinet. Knows no RDF."""
