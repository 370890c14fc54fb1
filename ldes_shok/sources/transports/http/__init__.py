"""Events that are pushed over HTTP: what a body holds, and whose token came with it."""
