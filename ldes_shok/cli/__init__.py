"""The command `ldes-shok`: reads options, calls `bootstrap`, says what happened."""
