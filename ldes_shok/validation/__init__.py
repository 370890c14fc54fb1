"""SHACL decides what is published: pyshacl is the authority, a compiled pass the fast lane."""
