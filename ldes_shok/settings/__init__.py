"""Typed settings: one YAML file, environment overrides, secrets by reference.

`bootstrap` and `cli` read them; everything else is handed the values that it needs.
"""
