"""Typed settings: one YAML file, environment overrides, secrets by reference.

Only packages that build and run the service read them; other code gets the values it needs.
"""
