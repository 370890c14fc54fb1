"""Events pushed over HTTP: the content of a body, and the owner of its token."""
