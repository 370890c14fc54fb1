"""The command `ldes-shok`: reads options, calls `bootstrap` and `commands`, prints the results."""
