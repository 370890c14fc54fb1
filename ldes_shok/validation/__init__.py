"""SHACL decides what is published. pyshacl is the authority; a compiled pass is the fast path."""
