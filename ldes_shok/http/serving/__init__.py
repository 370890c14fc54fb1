"""How a request is answered: connections, caches, validators, problems."""
